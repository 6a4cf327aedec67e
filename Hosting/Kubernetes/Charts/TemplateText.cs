using System.Collections.Immutable;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>A value that is partly text and partly Helm expressions.</summary>
internal sealed record TemplateText
{
    public static readonly TemplateText Empty = new();

    private ImmutableList<(string Text, bool IsExpression)> Parts { get; init; } = [];

    /// <summary>Made of a secret, and so nothing for a config map.</summary>
    public bool IsSecret { get; private init; }

    public static TemplateText Literal(string text) => new() { Parts = text.Length == 0 ? [] : [(text, false)] };

    /// <param name="pipeline">What stands between the braces.</param>
    public static TemplateText Expression(string pipeline, bool isSecret = false) => new() { Parts = [(pipeline, true)], IsSecret = isSecret };

    public static TemplateText operator +(TemplateText left, TemplateText right) =>
        new() { Parts = left.Parts.AddRange(right.Parts), IsSecret = left.IsSecret || right.IsSecret };

    public bool IsLiteral => Parts.All(part => !part.IsExpression);

    public string LiteralText => string.Concat(Parts.Select(part => part.Text));

    /// <summary>One Helm expression for the whole, usable as an argument of another.</summary>
    public string ToPipeline()
    {
        if (Parts is [(var only, true)])
        {
            return $"({only})";
        }

        if (IsLiteral)
        {
            return Quote(LiteralText);
        }

        var format = string.Concat(Parts.Select(part => part.IsExpression ? "%v" : part.Text.Replace("%", "%%", StringComparison.Ordinal)));
        var arguments = Parts.Where(part => part.IsExpression).Select(part => $"({part.Text})");
        return $"(printf {Quote(format)} {string.Join(' ', arguments)})";
    }

    /// <summary>As a YAML value: text as it is, anything else as an expression that quotes itself.</summary>
    public string ToYamlValue() => IsLiteral && !LiteralText.Contains("{{", StringComparison.Ordinal) ? LiteralText : $"{{{{ {ToPipeline()} | quote }}}}";

    /// <summary>A template's raw string. It cannot hold a back-tick.</summary>
    public static string Quote(string text) => text.Contains('`', StringComparison.Ordinal)
        ? throw new DistributedApplicationException($"A value with a back-tick cannot be written into a Helm template: {text}")
        : $"`{text}`";
}
