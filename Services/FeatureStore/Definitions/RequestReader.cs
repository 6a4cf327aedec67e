using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Reads what a feature service takes with each request and computes from it.</summary>
internal sealed class RequestReader(
    string service, IReadOnlyList<FeatureReference> features, IReadOnlyList<EntityKey> joinKeys, DefinitionErrors errors)
{
    public IReadOnlyList<RequestField> ReadFields(IReadOnlyList<YamlNode> nodes)
    {
        var fields = new List<RequestField>();
        foreach (var node in nodes)
        {
            if (YamlMapping.From(node, $"a request field of the feature service '{service}'", errors) is not { } mapping)
            {
                continue;
            }

            var name = mapping.RequiredText("name");
            var type = ReadType(mapping, node);
            mapping.RefuseUnknownKeys("name", "type");
            if (name is null || type is null || !Names.Check(name, node, "request field", errors))
            {
                continue;
            }

            if (fields.Exists(field => field.Name == name))
            {
                errors.Add(node, $"The feature service '{service}' has the request field '{name}' twice. Remove one.");
                continue;
            }

            // A join key may be an input of the model as well: one value, two uses.
            if (joinKeys.FirstOrDefault(key => key.Name == name) is { } key && key.Type != type)
            {
                errors.Add(node, $"The request field '{name}' of the feature service '{service}' is {Names.TypeName(type.Value)}, but the join key of that name is {Names.TypeName(key.Type)}.");
            }

            fields.Add(new RequestField(name, type.Value));
        }

        return fields;
    }

    public IReadOnlyList<RequestFeature> ReadFeatures(IReadOnlyList<YamlNode> nodes, IReadOnlyList<RequestField> fields)
    {
        var requestFeatures = new List<RequestFeature>();
        var taken = fields.Select(field => field.Name).Concat(joinKeys.Select(key => key.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (YamlMapping.From(node, $"a request feature of the feature service '{service}'", errors) is not { } mapping)
            {
                continue;
            }

            var name = mapping.RequiredText("name");
            var type = ReadType(mapping, node);
            var expression = mapping.RequiredText("expression");
            mapping.RefuseUnknownKeys("name", "type", "expression");
            if (name is null || type is null || expression is null || !Names.Check(name, node, "request feature", errors))
            {
                continue;
            }

            if (!taken.Add(name))
            {
                errors.Add(node, $"The name of the request feature '{name}' of the feature service '{service}' is taken by a request field, join key or other request feature. Rename it.");
                continue;
            }

            requestFeatures.Add(new RequestFeature(name, type.Value, expression));
        }

        _ = features;
        return requestFeatures;
    }

    private ValueType? ReadType(YamlMapping mapping, YamlNode node)
    {
        if (mapping.RequiredText("type") is not { } text)
        {
            return null;
        }

        if (Names.TryParseType(text, out var type))
        {
            return type;
        }

        errors.Add(node, $"'{text}' is not a type. Known types: string, int64, double, bool, timestamp.");
        return null;
    }
}
