using System.Text.RegularExpressions;
using Aspire.Hosting.Kubernetes.Resources;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>Documents as YAML templates: strings double-quoted, null and empty members left out.</summary>
internal sealed partial class DocumentText(ChartValues values)
{
    private static readonly ISerializer Serializer = new SerializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull | DefaultValuesHandling.OmitEmptyCollections)
        .WithTypeConverter(new Int32OrStringConverter())
        .WithEventEmitter(next => new QuotedStrings(next))
        .WithIndentedSequences()
        .DisableAliases()
        .WithNewLine("\n")
        .Build();

    public string Write(BaseKubernetesResource document, string? condition = null)
    {
        document.Metadata.Annotations.Remove(ChartCondition.Annotation, out var own);
        var conditions = string.Join(',', new[] { condition, own }.Where(text => text is not null));
        var text = ConditionalLines.Apply(WithoutQuotes(Serializer.Serialize(document)), values);
        AddDefaults(text);
        if (conditions.Length == 0)
        {
            return "---\n" + text;
        }

        var parsed = ChartCondition.Parse(conditions, values);
        return $"{parsed.Open}\n---\n{text}{ChartCondition.Close}\n";
    }

    // No YAML yet, and so nothing that a YAML writer writes: an expression that quotes itself, or gives a number, without quotes.
    private static string WithoutQuotes(string yaml) =>
        SelfQuoting().Replace(yaml, match => match.Groups["expression"].Value.Replace("''", "'", StringComparison.Ordinal));

    // {{ ((.Values.resources).inference).cpu | default `500m` }}: the key goes to values.yaml with that default.
    private void AddDefaults(string text)
    {
        foreach (Match match in ValueWithDefault().Matches(text))
        {
            var path = match.Groups["path"].Value.Replace(")", "", StringComparison.Ordinal).TrimStart('.');
            var given = match.Groups["default"].Value;
            if (given.StartsWith('`'))
            {
                values.Add(path, given.Trim('`'));
            }
            else
            {
                values.Add(path, int.Parse(given, System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }

    [GeneratedRegex(@"\.Values(?<path>(\)*\.\w+)+)\)* \| default (?<default>`[^`]*`|\d+)")]
    private static partial Regex ValueWithDefault();

    [GeneratedRegex(@"(?<=: |- )'(?<expression>\{\{ .* \| (int|int64|float64|quote) \}\})'$", RegexOptions.Multiline)]
    private static partial Regex SelfQuoting();

    private sealed class Int32OrStringConverter : IYamlTypeConverter
    {
        public bool Accepts(Type type) => type == typeof(Int32OrStringV1);

        public object ReadYaml(IParser parser, Type type, ObjectDeserializer rootDeserializer) => throw new NotSupportedException();

        public void WriteYaml(IEmitter emitter, object? value, Type type, ObjectSerializer serializer)
        {
            var either = (Int32OrStringV1)value!;
            serializer(either.Number is { } number ? number : either.Text);
        }
    }
}
