using System.Globalization;

namespace CloudNativeAi.Web.Display;

/// <summary>A metric with its 95 % confidence interval, where the map has one under "_low" and "_high".</summary>
public sealed record MetricRow(string Name, double Value, double? Low, double? High)
{
    private static readonly string[] First = ["auc", "log_loss", "brier", "precision", "recall", "f1"];

    public string Label => Name switch
    {
        "auc" => "AUC",
        "f1" => "F1",
        "log_loss" => "Log loss",
        "brier" => "Brier score",
        "baseline_auc" => "AUC of the baseline",
        "onnx_max_difference" => "ONNX file, largest difference",
        _ => char.ToUpperInvariant(Name[0]) + Name[1..].Replace('_', ' '),
    };

    public string Text => Name switch
    {
        "rows" or "positives" or "iterations" => Format.Count((long)Value),
        _ when Name.EndsWith("_share", StringComparison.Ordinal) => Format.Share(Value),
        _ when Name.EndsWith("_seconds", StringComparison.Ordinal) => Format.Latency(Value).ToString(),
        _ when double.IsFinite(Value) && Value != 0 && Math.Abs(Value) < 0.00005 => Value.ToString("0.#e0", CultureInfo.InvariantCulture),
        _ => Format.Score(Value),
    };

    /// <summary>Such as "0.7241 to 0.7390"; "—" without one.</summary>
    public string Interval => Low is { } low && High is { } high ? $"{Format.Score(low)} to {Format.Score(high)}" : Format.Unknown;

    /// <summary>Quality first, in a fixed order, then the rest by name.</summary>
    public static IReadOnlyList<MetricRow> From(IDictionary<string, double> metrics) =>
    [
        .. metrics.Keys
            .Where(name => !IsBound(metrics, name))
            .OrderBy(name => Array.IndexOf(First, name) is >= 0 and var index ? index : First.Length)
            .ThenBy(name => name, StringComparer.Ordinal)
            .Select(name => new MetricRow(name, metrics[name], Find(metrics, name + "_low"), Find(metrics, name + "_high"))),
    ];

    public static MetricRow? One(IDictionary<string, double> metrics, string name) =>
        metrics.TryGetValue(name, out var value)
            ? new MetricRow(name, value, Find(metrics, name + "_low"), Find(metrics, name + "_high"))
            : null;

    private static double? Find(IDictionary<string, double> metrics, string name) => metrics.TryGetValue(name, out var value) ? value : null;

    private static bool IsBound(IDictionary<string, double> metrics, string name) =>
        (name.EndsWith("_low", StringComparison.Ordinal) && metrics.ContainsKey(name[..^4]))
        || (name.EndsWith("_high", StringComparison.Ordinal) && metrics.ContainsKey(name[..^5]));
}
