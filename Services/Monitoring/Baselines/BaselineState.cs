namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>What is known of a version's baseline. Without one, only the score's count and the quality are watched.</summary>
/// <param name="State">"present", "absent" or "invalid".</param>
/// <param name="Signature">May be there without a baseline.</param>
internal sealed record BaselineState(string State, Baseline? Baseline, Signature? Signature)
{
    public const string Present = "present";
    public const string Absent = "absent";
    public const string Invalid = "invalid";
    public const string Pending = "pending";
}
