using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

internal sealed class FeatureServiceReader(IReadOnlyList<FeatureView> views, DefinitionErrors errors)
{
    private readonly Dictionary<string, FeatureView> _views = views.ToDictionary(view => view.Name, StringComparer.Ordinal);

    public IReadOnlyList<FeatureService> ReadAll(IReadOnlyList<YamlNode> nodes)
    {
        var services = new Dictionary<string, FeatureService>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (Read(node) is { } service && !services.TryAdd(service.Name, service))
            {
                errors.Add(node, $"The feature service '{service.Name}' is defined twice. Remove one or rename it.");
            }
        }

        return [.. services.Values];
    }

    private FeatureService? Read(YamlNode node)
    {
        if (YamlMapping.From(node, "a feature service", errors) is not { } mapping)
        {
            return null;
        }

        var name = mapping.RequiredText("name");
        var description = mapping.Text("description") ?? "";
        var featureNodes = mapping.List("features", required: true);
        var fieldNodes = mapping.List("request_fields");
        var requestNodes = mapping.List("request_features");
        mapping.RefuseUnknownKeys("name", "description", "features", "request_fields", "request_features");
        if (name is null || !Names.Check(name, node, "feature service", errors))
        {
            return null;
        }

        var features = ReadFeatures(name, featureNodes);
        var joinKeys = JoinKeysOf(name, node, features);
        var request = new RequestReader(name, features, joinKeys, errors);
        var requestFields = request.ReadFields(fieldNodes);
        var requestFeatures = request.ReadFeatures(requestNodes, requestFields);

        return new FeatureService(name, description, features, joinKeys, requestFields, requestFeatures);
    }

    private List<FeatureReference> ReadFeatures(string service, IReadOnlyList<YamlNode> nodes)
    {
        var features = new List<FeatureReference>();
        var seen = new HashSet<(string, string)>();
        foreach (var node in nodes)
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            if (text.Split(':') is not [{ Length: > 0 } viewName, { Length: > 0 } featureName])
            {
                errors.Add(node, $"'{text}' in the feature service '{service}' must be written as \"view:feature\", or \"view:*\" for all of a view.");
                continue;
            }

            if (!_views.TryGetValue(viewName, out var view))
            {
                errors.Add(node, $"The feature service '{service}' names the unknown feature view '{viewName}'. {FeatureViewReader.Known("feature views", _views.Keys)}");
                continue;
            }

            var matching = view.Features.Where(feature => featureName == "*" || feature.Name == featureName).ToList();
            if (matching.Count == 0 && featureName != "*")
            {
                errors.Add(node, $"The feature service '{service}' names the unknown feature '{text}'. {FeatureViewReader.Known($"features of '{viewName}'", view.Features.Select(feature => feature.Name))}");
            }

            foreach (var (feature, type) in matching)
            {
                if (!seen.Add((viewName, feature)))
                {
                    errors.Add(node, $"The feature service '{service}' has '{viewName}:{feature}' twice. Remove one.");
                    continue;
                }

                features.Add(new FeatureReference(viewName, feature, type));
            }
        }

        return features;
    }

    private List<EntityKey> JoinKeysOf(string service, YamlNode node, List<FeatureReference> features)
    {
        var keys = new List<EntityKey>();
        foreach (var key in features.Select(feature => feature.View).Distinct().SelectMany(view => _views[view].JoinKeys))
        {
            if (keys.Find(other => other.Name == key.Name) is not { } same)
            {
                keys.Add(new EntityKey(key.Name, key.Type));
            }
            else if (same.Type != key.Type)
            {
                errors.Add(node, $"The feature service '{service}' has views whose join key '{key.Name}' is {Names.TypeName(same.Type)} in one and {Names.TypeName(key.Type)} in another. Give the keys different names.");
            }
        }

        return keys;
    }
}
