using CloudNativeAi.Modeling;
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
        var description = mapping.Text("description") ?? "";
        mapping.RefuseUnknownKeys("name", "description", "source", "entity_timestamp", "value");
        if (name is null || sourceName is null || entityTimestamp is null || value is null || !Names.Check(name, node, "label", errors))
        {
            return null;
        }

        if (!sources.TryGetValue(sourceName, out var source))
        {
            errors.Add(mapping.Find("source")!, $"The label '{name}' names the unknown source '{sourceName}'. {FeatureViewReader.Known("sources", sources.Keys)} Declare it in Ingestion first.");
            return null;
        }

        var types = source.Fields.ToDictionary(field => field.Name, field => (ModelType)field.Type, StringComparer.Ordinal);
        CheckExpression(name, "entity_timestamp", entityTimestamp, mapping.Find("entity_timestamp")!, types, ModelType.Timestamp);
        CheckExpression(name, "value", value, mapping.Find("value")!, types, ModelType.Bool, ModelType.Int64, ModelType.Double);

        return new LabelDefinition(name, description, sourceName, entityTimestamp, value);
    }

    private void CheckExpression(
        string label, string key, string text, YamlNode node, Dictionary<string, ModelType> types, params ReadOnlySpan<ModelType> allowed)
    {
        try
        {
            var type = Expression.Parse(text).Check(types);
            if (!allowed.Contains(type))
            {
                errors.Add(node, $"'{key}' of the label '{label}' is {type.ToName()}; it must be {(allowed.Length == 1 ? "a timestamp" : "a bool or a number")}.");
            }
        }
        catch (ExpressionException exception)
        {
            errors.Add(node, $"'{key}' of the label '{label}' is wrong: {exception.Message}. It may use the fields of its source.");
        }
    }
}
