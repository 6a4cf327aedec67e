using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Reads a YAML document of definitions and checks it against the sources it names.</summary>
internal static class DefinitionsParser
{
    /// <summary>Longest document, characters.</summary>
    public const int MaxLength = 1_000_000;

    /// <exception cref="DefinitionsException">All errors, each with its line.</exception>
    public static FeatureDefinitionSet Parse(string yaml, string fileName, IReadOnlyDictionary<string, SourceSchema> sources)
    {
        var errors = new DefinitionErrors(fileName.Length > 0 ? fileName : "definitions.yaml");
        var root = ReadDocument(yaml, errors);
        errors.ThrowIfAny();

        var entities = new EntityReader(errors).ReadAll(root.List("entities"));
        var views = new FeatureViewReader(entities, sources, errors).ReadAll(root.List("feature_views"));
        var services = new FeatureServiceReader(views, errors).ReadAll(root.List("feature_services"));
        var labels = new LabelReader(sources, errors).ReadAll(root.List("labels"));
        root.RefuseUnknownKeys("entities", "feature_views", "feature_services", "labels");
        errors.ThrowIfAny();

        return new FeatureDefinitionSet(0, yaml, entities, views, services, labels);
    }

    /// <summary>Names of the sources that a document mentions, whether or not the rest of it is right.</summary>
    public static IReadOnlyList<string> FindSourceNames(string yaml)
    {
        var ignored = new DefinitionErrors("");
        var root = ReadDocument(yaml, ignored);
        return ignored.Any
            ? []
            : [.. root.List("feature_views").Concat(root.List("labels"))
                .OfType<YamlMappingNode>()
                .SelectMany(node => node.Children)
                .Where(pair => pair.Key is YamlScalarNode { Value: "source" })
                .Select(pair => (pair.Value as YamlScalarNode)?.Value)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)];
    }

    private static YamlMapping ReadDocument(string yaml, DefinitionErrors errors)
    {
        var empty = YamlMapping.From(new YamlMappingNode(), "the document", errors)!;
        if (yaml.Length > MaxLength)
        {
            errors.Add(1, $"The document has {yaml.Length:N0} characters; at most {MaxLength:N0} are read.");
            return empty;
        }

        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count == 0)
            {
                errors.Add(1, "The document is empty. It needs 'entities', 'feature_views' and 'feature_services'.");
                return empty;
            }

            if (stream.Documents.Count > 1)
            {
                errors.Add(stream.Documents[1].RootNode, "There is a second YAML document ('---'). Put all definitions into one.");
                return empty;
            }

            return YamlMapping.From(stream.Documents[0].RootNode, "the document", errors) ?? empty;
        }
        catch (YamlException exception)
        {
            errors.Add((int)exception.Start.Line, $"Not valid YAML: {exception.Message}");
            return empty;
        }
    }
}
