using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

internal sealed class LabelReader(IReadOnlyDictionary<string, SourceSchema> sources, DefinitionErrors errors)
{
    public IReadOnlyList<LabelDefinition> ReadAll(IReadOnlyList<YamlNode> nodes)
    {
        var labels = new Dictionary<string, LabelDefinition>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (Read(node) is { } label && !labels.TryAdd(label.Name, label))
            {
                errors.Add(node, $"The label '{label.Name}' is defined twice. Remove one or rename it.");
            }
        }

        return [.. labels.Values];
    }

    private LabelDefinition? Read(YamlNode node)
    {
        if (YamlMapping.From(node, "a label", errors) is not { } mapping)
        {
            return null;
        }

        var name = mapping.RequiredText("name");
        var sourceName = mapping.RequiredText("source");
        var entityTimestamp = mapping.RequiredText("entity_timestamp");
        var value = mapping.RequiredText("value");
        mapping.RefuseUnknownKeys("name", "source", "entity_timestamp", "value");
        if (name is null || sourceName is null || entityTimestamp is null || value is null || !Names.Check(name, node, "label", errors))
        {
            return null;
        }

        if (!sources.ContainsKey(sourceName))
        {
            errors.Add(mapping.Find("source")!, $"The label '{name}' names the unknown source '{sourceName}'. {FeatureViewReader.Known("sources", sources.Keys)} Declare it in Ingestion first.");
            return null;
        }

        return new LabelDefinition(name, sourceName, entityTimestamp, value);
    }
}
