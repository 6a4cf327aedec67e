using System.Globalization;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Display;

/// <summary>One metric of a candidate beside the version that it would replace.</summary>
public sealed record Gate(MetricRow? Current, MetricRow Candidate)
{
    // Direction of the metrics that tell good from bad; the others only describe.
    private static readonly Dictionary<string, int> Directions = new(StringComparer.Ordinal)
    {
        ["auc"] = 1, ["precision"] = 1, ["recall"] = 1, ["f1"] = 1, ["log_loss"] = -1, ["brier"] = -1,
    };

    public double? Difference => Current is null ? null : Candidate.Value - Current.Value;

    public string DifferenceText => Difference is { } difference && double.IsFinite(difference) && Directions.ContainsKey(Candidate.Name)
        ? difference.ToString("+0.0000;-0.0000;0.0000", CultureInfo.InvariantCulture)
        : Format.Unknown;

    public Level Level => Judgement switch
    {
        > 0 => Level.Good,
        < 0 => Level.Warning,
        _ => Level.Unknown,
    };

    public string Verdict => Directions.ContainsKey(Candidate.Name) && Difference is { } difference && double.IsFinite(difference)
        ? Judgement switch
        {
            > 0 => "better",
            < 0 => "worse",
            _ => difference == 0 ? "equal" : "within the interval",
        }
        : "for information";

    // Where there is an interval, a difference inside of it says nothing.
    private int Judgement
    {
        get
        {
            if (!Directions.TryGetValue(Candidate.Name, out var direction) || Difference is not { } difference || !double.IsFinite(difference))
            {
                return 0;
            }

            return Current!.Value >= Candidate.Low && Current.Value <= Candidate.High ? 0 : Math.Sign(difference) * direction;
        }
    }

    public static IReadOnlyList<Gate> Compare(IDictionary<string, double>? current, IDictionary<string, double> candidate) =>
        [.. MetricRow.From(candidate).Select(row => new Gate(current is null ? null : MetricRow.One(current, row.Name), row))];
}
