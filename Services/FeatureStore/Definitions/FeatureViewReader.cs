using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

internal sealed class FeatureViewReader(
    IReadOnlyList<Entity> entities, IReadOnlyDictionary<string, SourceSchema> sources, DefinitionErrors errors)
{
    public const int MaxFeatures = 1_000;
    private const int MaxViews = 1_000;

    public IReadOnlyList<FeatureView> ReadAll(IReadOnlyList<YamlNode> nodes)
    {
        var views = new Dictionary<string, FeatureView>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (Read(node) is { } view && !views.TryAdd(view.Name, view))
            {
                errors.Add(node, $"The feature view '{view.Name}' is defined twice. Remove one or rename it.");
            }
        }

        if (views.Count > MaxViews)
        {
            errors.Add(nodes[0], $"There are {views.Count} feature views; at most {MaxViews} are allowed.");
        }

        return [.. views.Values];
    }

    private FeatureView? Read(YamlNode node)
    {
        if (YamlMapping.From(node, "a feature view", errors) is not { } mapping)
        {
            return null;
        }

        var name = mapping.RequiredText("name");
        var entityName = mapping.RequiredText("entity");
        var sourceName = mapping.RequiredText("source");
        var ttl = mapping.Duration("ttl");
        var description = mapping.Text("description") ?? "";
        var owner = mapping.Text("owner") ?? "";
        var keyMapping = mapping.Find("key_mapping");
        var featureNodes = mapping.List("features");
        var aggregationNodes = mapping.List("aggregations");
        mapping.RefuseUnknownKeys("name", "description", "owner", "entity", "source", "key_mapping", "ttl", "features", "aggregations");
        if (name is null || entityName is null || sourceName is null || !Names.Check(name, node, "feature view", errors))
        {
            return null;
        }

        if (entities.FirstOrDefault(candidate => candidate.Name == entityName) is not { } entity)
        {
            errors.Add(mapping.Find("entity")!, $"The feature view '{name}' names the unknown entity '{entityName}'. {Known("entities", entities.Select(candidate => candidate.Name))}");
            return null;
        }

        if (!sources.TryGetValue(sourceName, out var source))
        {
            errors.Add(mapping.Find("source")!, $"The feature view '{name}' names the unknown source '{sourceName}'. {Known("sources", sources.Keys)} Declare it in Ingestion first.");
            return null;
        }

        if ((featureNodes.Count > 0) == (aggregationNodes.Count > 0))
        {
            errors.Add(node, $"The feature view '{name}' needs either 'features' (the newest event's fields) or 'aggregations' (windows), not both and not neither.");
            return null;
        }

        var joinKeys = ReadJoinKeys(name, entity, source, node, keyMapping);
        var features = new FeatureReader(name, source, errors);
        var latest = features.ReadLatest(featureNodes);
        var windowed = features.ReadAggregations(aggregationNodes);
        CheckNames(name, node, joinKeys, [.. latest.Select(feature => feature.Name), .. windowed.Select(feature => feature.Name)]);

        return new FeatureView(name, entity.Name, joinKeys, source.Name, ttl, latest, windowed, description, owner);
    }

    private List<JoinKey> ReadJoinKeys(string view, Entity entity, SourceSchema source, YamlNode node, YamlNode? keyMapping)
    {
        var mapping = keyMapping is null ? null : YamlMapping.From(keyMapping, $"'key_mapping' of the feature view '{view}'", errors);
        var keys = new List<JoinKey>();
        foreach (var key in entity.JoinKeys)
        {
            var fieldName = mapping?.Text(key.Name) ?? key.Name;
            if (source.Find(fieldName) is not { } field)
            {
                errors.Add(keyMapping ?? node, $"The feature view '{view}' needs the join key '{key.Name}', but the source '{source.Name}' has no field '{fieldName}'. Map it with 'key_mapping: {{ {key.Name}: <field> }}'. {Known("fields", source.Fields.Select(candidate => candidate.Name))}");
            }
            else if (field.Type != key.Type)
            {
                errors.Add(keyMapping ?? node, $"The join key '{key.Name}' of the feature view '{view}' is {Names.TypeName(key.Type)}, but the field '{fieldName}' of the source '{source.Name}' is {Names.TypeName(field.Type)}. They must be of one type.");
            }
            else
            {
                keys.Add(new JoinKey(key.Name, key.Type, fieldName));
            }
        }

        mapping?.RefuseUnknownKeys([.. entity.JoinKeys.Select(key => key.Name)]);
        return keys;
    }

    private void CheckNames(string view, YamlNode node, List<JoinKey> joinKeys, IReadOnlyList<string> features)
    {
        if (features.Count > MaxFeatures)
        {
            errors.Add(node, $"The feature view '{view}' has {features.Count} features; at most {MaxFeatures} are allowed.");
        }

        foreach (var name in features.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            errors.Add(node, $"The feature view '{view}' defines the feature '{name}' twice. Remove one or rename it.");
        }

        foreach (var key in joinKeys.Where(key => features.Contains(key.Name)))
        {
            errors.Add(node, $"The feature view '{view}' has a feature '{key.Name}' with the name of a join key. Rename it: '{{ name: <other>, field: {key.Name} }}'.");
        }
    }

    internal static string Known(string what, IEnumerable<string> names)
    {
        var list = string.Join(", ", names.Order(StringComparer.Ordinal).Take(50));
        return list.Length > 0 ? $"Known {what}: {list}." : $"There are no {what}.";
    }
}
