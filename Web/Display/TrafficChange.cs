using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Display;

/// <summary>An entry of the audit log that changed which version answers.</summary>
/// <param name="Change">What became of what.</param>
public sealed record TrafficChange(long Id, long AtMicros, string Change, string Reason, string Actor)
{
    private static readonly string[] Routed = [PathFigures.Champion, TrafficSplit.Challenger];

    /// <param name="entries">Newest first, of one model.</param>
    public static IReadOnlyList<TrafficChange> From(IReadOnlyList<AuditEntryDocument> entries)
    {
        var changes = new List<TrafficChange>();
        for (var i = 0; i < entries.Count; i++)
        {
            if (Describe(entries[i], entries.Skip(i + 1)) is { } change)
            {
                changes.Add(new TrafficChange(entries[i].Id, entries[i].AtMicros, change, entries[i].Reason, entries[i].Actor));
            }
        }

        return changes;
    }

    private static string? Describe(AuditEntryDocument entry, IEnumerable<AuditEntryDocument> older) => entry.Action switch
    {
        "set_traffic_policy" => DescribePolicy(entry, older.FirstOrDefault(candidate => candidate.Action == entry.Action)),
        "set_alias" or "delete_alias" when Text(entry.Detail, "alias") is { } alias && Routed.Contains(alias) =>
            $"{alias}: {TrafficSplit.Version(Number(entry.Detail, "fromVersion"))} → {TrafficSplit.Version(Number(entry.Detail, "toVersion"))}",
        _ => null,
    };

    private static string DescribePolicy(AuditEntryDocument entry, AuditEntryDocument? before)
    {
        var (share, shadows) = Policy(entry.Detail);
        // A model begins without a challenger's share and without mirroring.
        var (shareBefore, shadowsBefore) = before is null ? (0, false) : Policy(before.Detail);
        var change = $"challenger's share: {TrafficSplit.Percent(shareBefore)} → {TrafficSplit.Percent(share)}";
        return shadows == shadowsBefore ? change : $"{change}; mirroring {(shadows ? "on" : "off")}";
    }

    private static (double Share, bool Shadows) Policy(JsonElement detail) => (
        detail.TryGetProperty("challengerShare", out var share) && share.ValueKind == JsonValueKind.Number ? share.GetDouble() : 0,
        detail.TryGetProperty("shadowChallenger", out var shadows) && shadows.ValueKind == JsonValueKind.True);

    private static string? Text(JsonElement detail, string name) =>
        detail.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int Number(JsonElement detail, string name) =>
        detail.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : 0;
}
