using System.Text.Json.Nodes;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>
/// When a document is written: keys of values.yaml that must all hold, separated by commas, as the annotation <see cref="Annotation"/> of
/// its metadata. <c>!key</c> must not hold; <c>key=true</c> holds by default.
/// </summary>
internal sealed record ChartCondition(string Expression)
{
    public const string Annotation = "chart/when";
    public const string Marker = "#when";

    /// <summary>Adds the keys to values.yaml, and gives what Helm tests.</summary>
    public static ChartCondition Parse(string text, ChartValues values)
    {
        var terms = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(term =>
        {
            var isNegated = term.StartsWith('!');
            var isDefault = term.EndsWith("=true", StringComparison.Ordinal);
            var key = term[(isNegated ? 1 : 0)..^(isDefault ? "=true".Length : 0)];
            values.Add(key, JsonValue.Create(isDefault));
            return isNegated ? $"(not .Values.{key})" : $".Values.{key}";
        }).ToList();
        return new ChartCondition(terms.Count == 1 ? terms[0].Trim('(', ')') : $"and {string.Join(' ', terms)}");
    }

    public string Open => $"{{{{- if {Expression} }}}}";

    public const string Close = "{{- end }}";
}
