using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

internal sealed class EntityReader(DefinitionErrors errors)
{
    private const int MaxJoinKeys = 8;

    public IReadOnlyList<Entity> ReadAll(IReadOnlyList<YamlNode> nodes)
    {
        var entities = new Dictionary<string, Entity>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (Read(node) is { } entity && !entities.TryAdd(entity.Name, entity))
            {
                errors.Add(node, $"The entity '{entity.Name}' is defined twice. Remove one.");
            }
        }

        return [.. entities.Values];
    }

    private Entity? Read(YamlNode node)
    {
        if (YamlMapping.From(node, "an entity", errors) is not { } mapping)
        {
            return null;
        }

        var name = mapping.RequiredText("name");
        var description = mapping.Text("description") ?? "";
        var keyNodes = mapping.List("join_keys", required: true);
        mapping.RefuseUnknownKeys("name", "description", "join_keys");
        if (name is null || !Names.Check(name, node, "entity", errors))
        {
            return null;
        }

        if (keyNodes.Count > MaxJoinKeys)
        {
            errors.Add(node, $"The entity '{name}' has {keyNodes.Count} join keys; at most {MaxJoinKeys} are allowed.");
        }

        var keys = new List<EntityKey>();
        foreach (var keyNode in keyNodes)
        {
            if (ReadKey(name, keyNode) is not { } key)
            {
                continue;
            }

            if (keys.Exists(other => other.Name == key.Name))
            {
                errors.Add(keyNode, $"The entity '{name}' has the join key '{key.Name}' twice. Remove one.");
            }

            keys.Add(key);
        }

        return new Entity(name, description, keys);
    }

    private EntityKey? ReadKey(string entity, YamlNode node)
    {
        if (YamlMapping.From(node, $"a join key of the entity '{entity}'", errors) is not { } mapping)
        {
            return null;
        }

        var name = mapping.RequiredText("name");
        var typeText = mapping.RequiredText("type");
        mapping.RefuseUnknownKeys("name", "type");
        if (name is null || typeText is null || !Names.Check(name, node, "join key", errors))
        {
            return null;
        }

        // A double is not a key: what prints alike need not be equal.
        if (!Names.TryParseType(typeText, out var type) || type is not (ValueType.String or ValueType.Int64))
        {
            errors.Add(node, $"The join key '{name}' of the entity '{entity}' has the type '{typeText}'; join keys are string or int64.");
            return null;
        }

        return new EntityKey(name, type);
    }
}
