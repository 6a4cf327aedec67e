using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// A string with holes for values that are not known yet: <c>ReferenceExpression.Create($"http://{endpoint}/x")</c>.
/// It has a value when the application runs, and an expression when it is published.
/// </summary>
public class ReferenceExpression : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    public static readonly ReferenceExpression Empty = new("", [], [], []);

    private readonly (IValueProvider Condition, string MatchValue, ReferenceExpression WhenTrue, ReferenceExpression WhenFalse)? _conditional;

    private ReferenceExpression(string format, IReadOnlyList<IValueProvider> valueProviders, IReadOnlyList<string> manifestExpressions, IReadOnlyList<string?> stringFormats)
    {
        Format = format;
        ValueProviders = valueProviders;
        ManifestExpressions = manifestExpressions;
        StringFormats = stringFormats;
    }

    private ReferenceExpression(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
        : this("", [], [], [])
    {
        _conditional = (condition, matchValue, whenTrue, whenFalse);
    }

    /// <summary>Composite format string, one hole per value.</summary>
    public string Format { get; }

    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    public IReadOnlyList<string> ManifestExpressions { get; }

    /// <summary>How each value is written: null as it is, <c>uri</c> percent-encoded.</summary>
    public IReadOnlyList<string?> StringFormats { get; }

    [MemberNotNullWhen(true, nameof(Condition), nameof(WhenTrue), nameof(WhenFalse))]
    public bool IsConditional => _conditional is not null;

    public IValueProvider? Condition => _conditional?.Condition;

    public string? MatchValue => _conditional?.MatchValue;

    public ReferenceExpression? WhenTrue => _conditional?.WhenTrue;

    public ReferenceExpression? WhenFalse => _conditional?.WhenFalse;

    public string ValueExpression => IsConditional
        ? $"{{{ConditionalName}.connectionString}}"
        : string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions.Zip(StringFormats, Formatted)]);

    public IEnumerable<object> References => _conditional is { } conditional
        ? [conditional.Condition, conditional.WhenTrue, conditional.WhenFalse]
        : ValueProviders;

    // The manifest carries a conditional value under a name made of its condition.
    internal string ConditionalName =>
        "cond-" + ((Condition as IManifestExpressionProvider)?.ValueExpression ?? "value").Trim('{', '}').Replace('.', '-');

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    /// <summary><paramref name="whenTrue"/> if the condition's value is <paramref name="matchValue"/>, ignoring case.</summary>
    public static ReferenceExpression CreateConditional(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse) =>
        new(condition, matchValue, whenTrue, whenFalse);

    internal static ReferenceExpression Create(
        string format, IReadOnlyList<IValueProvider> valueProviders, IReadOnlyList<string> manifestExpressions, IReadOnlyList<string?> stringFormats) =>
        new(format, valueProviders, manifestExpressions, stringFormats);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(new ValueProviderContext(), cancellationToken);

    /// <summary>Null when any of its values is.</summary>
    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default)
    {
        if (_conditional is { } conditional)
        {
            var actual = await conditional.Condition.GetValueAsync(context, cancellationToken);
            var chosen = string.Equals(actual, conditional.MatchValue, StringComparison.OrdinalIgnoreCase) ? conditional.WhenTrue : conditional.WhenFalse;
            return await chosen.GetValueAsync(context, cancellationToken);
        }

        var values = new object?[ValueProviders.Count];
        for (var index = 0; index < values.Length; index++)
        {
            var value = await ValueProviders[index].GetValueAsync(context, cancellationToken);
            if (value is null)
            {
                return null;
            }

            values[index] = StringFormats[index] == "uri" ? Uri.EscapeDataString(value) : value;
        }

        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    // {parameter.value} percent-encoded is a resource of its own in a manifest: {parameter-uri-encoded.value}.
    private static object Formatted(string expression, string? format) =>
        format == "uri" && expression.EndsWith(".value}", StringComparison.Ordinal)
            ? expression[..^".value}".Length] + "-uri-encoded.value}"
            : expression;

    /// <summary>What the compiler calls for <c>$"..."</c>.</summary>
    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly ReferenceExpressionBuilder _builder = new(literalLength, formattedCount);

        public readonly void AppendLiteral(string value) => _builder.AppendLiteral(value);

        public readonly void AppendFormatted(string? value) => _builder.AppendFormatted(value);

        public readonly void AppendFormatted(string? value, string? format) => _builder.AppendFormatted(value, format);

        public readonly void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider);

        public readonly void AppendFormatted<T>(T valueProvider, string? format)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider, format);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource, format);

        internal readonly ReferenceExpression ToExpression() => _builder.Build();
    }
}
