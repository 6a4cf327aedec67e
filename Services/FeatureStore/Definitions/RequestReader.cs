using CloudNativeAi.Modeling;
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
        var types = OperandTypes(fields);
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

            if (CheckExpression(name, type.Value, expression, mapping.Find("expression")!, types))
            {
                types[name] = (ModelType)type.Value;
            }

            requestFeatures.Add(new RequestFeature(name, type.Value, expression));
        }

        return requestFeatures;
    }

    // Names an expression may use: join keys, request fields, features in backticks, and request features before it.
    private Dictionary<string, ModelType> OperandTypes(IReadOnlyList<RequestField> fields)
    {
        var types = new Dictionary<string, ModelType>(StringComparer.Ordinal);
        foreach (var key in joinKeys)
        {
            types[key.Name] = (ModelType)key.Type;
        }

        foreach (var field in fields)
        {
            types[field.Name] = (ModelType)field.Type;
        }

        foreach (var feature in features)
        {
            types[feature.FullName] = (ModelType)feature.Type;
        }

        return types;
    }

    private bool CheckExpression(string name, ValueType declared, string text, YamlNode node, Dictionary<string, ModelType> types)
    {
        try
        {
            var type = Expression.Parse(text).Check(types);
            if (type == (ModelType)declared || (type, (ModelType)declared) == (ModelType.Int64, ModelType.Double))
            {
                return true;
            }

            errors.Add(node, $"The request feature '{name}' of the feature service '{service}' is declared {Names.TypeName(declared)}, but its expression is {type.ToName()}.");
        }
        catch (ExpressionException exception)
        {
            errors.Add(node, $"The expression of the request feature '{name}' of the feature service '{service}' is wrong: {exception.Message}. It may use join keys, request fields, request features before it, and features in backticks: `view:feature`.");
        }

        return false;
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
