using CloudNativeAi.FeatureStore.Transformations;
using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Reads the features of one view, in either form.</summary>
internal sealed class FeatureReader(string view, SourceSchema source, DefinitionErrors errors)
{
    public IReadOnlyList<LatestFeature> ReadLatest(IReadOnlyList<YamlNode> nodes)
    {
        var features = new List<LatestFeature>();
        foreach (var node in nodes)
        {
            string? name;
            string? fieldName;
            if (node is YamlScalarNode { Value: { Length: > 0 } text })
            {
                name = fieldName = text;
            }
            else if (YamlMapping.From(node, $"a feature of the view '{view}'", errors) is { } mapping)
            {
                name = mapping.RequiredText("name");
                fieldName = mapping.Text("field") ?? name;
                mapping.RefuseUnknownKeys("name", "field");
            }
            else
            {
                continue;
            }

            if (name is not null && fieldName is not null && Names.Check(name, node, "feature", errors) && FindField(fieldName, node) is { } field)
            {
                features.Add(new LatestFeature(name, field.Name, field.Type));
            }
        }

        return features;
    }

    public IReadOnlyList<WindowedFeature> ReadAggregations(IReadOnlyList<YamlNode> nodes)
    {
        var features = new List<WindowedFeature>();
        foreach (var node in nodes)
        {
            if (YamlMapping.From(node, $"an aggregation of the view '{view}'", errors) is not { } mapping)
            {
                continue;
            }

            var fieldName = mapping.Text("field");
            var functionNodes = mapping.List("functions", required: true);
            var windowNodes = mapping.List("windows", required: true);
            mapping.RefuseUnknownKeys("field", "functions", "windows");
            if (functionNodes.Count * windowNodes.Count > FeatureViewReader.MaxFeatures)
            {
                errors.Add(node, $"An aggregation of the view '{view}' has {functionNodes.Count * windowNodes.Count} features; at most {FeatureViewReader.MaxFeatures} are allowed.");
                continue;
            }

            var field = fieldName is null ? null : FindField(fieldName, mapping.Find("field")!);
            if (fieldName is not null && field is null)
            {
                continue;
            }

            var functions = functionNodes.Select(functionNode => ReadFunction(functionNode, field)).OfType<(string Name, WindowFunction Function, ValueType Type)>().ToList();
            var windows = windowNodes.Select(ReadWindow).OfType<(string Name, long Micros)>().ToList();
            features.AddRange(
                from function in functions
                from window in windows
                let name = field is null ? $"{function.Name}_{window.Name}" : $"{field.Name}_{function.Name}_{window.Name}"
                select new WindowedFeature(name, field?.Name, function.Function, window.Micros, TileWidths.For(window.Micros), function.Type));
        }

        return features;
    }

    private (string, WindowFunction, ValueType)? ReadFunction(YamlNode node, SchemaField? field)
    {
        var text = (node as YamlScalarNode)?.Value ?? "";
        if (!WindowFunctions.TryParse(text, out var function))
        {
            errors.Add(node, $"'{text}' in the view '{view}' is not a function. Known functions: count, sum, mean, min, max, stddev, last, distinct_count.");
            return null;
        }

        if (WindowFunctions.ResultType(function, field?.Type) is { } type)
        {
            return (text, function, type);
        }

        errors.Add(node, field is null
            ? $"The function '{text}' in the view '{view}' needs a 'field'; only count goes without."
            : $"The function '{text}' in the view '{view}' does not take the field '{field.Name}' of type {Names.TypeName(field.Type)}.");
        return null;
    }

    private (string, long)? ReadWindow(YamlNode node)
    {
        var text = (node as YamlScalarNode)?.Value ?? "";
        if (!Durations.TryParse(text, out var micros) || micros is < TileWidths.ShortestWindow or > TileWidths.LongestWindow)
        {
            errors.Add(node, $"The window '{text}' in the view '{view}' is not a duration from 5m to 90d.");
            return null;
        }

        var tile = TileWidths.For(micros);
        if (micros % tile != 0)
        {
            errors.Add(node, $"The window '{text}' in the view '{view}' must be a multiple of {Durations.Format(tile)}, the step of windows of its length.");
            return null;
        }

        return (text, micros);
    }

    private SchemaField? FindField(string name, YamlNode node)
    {
        if (source.Find(name) is { } field)
        {
            return field;
        }

        errors.Add(node, $"The view '{view}' names the field '{name}', which the source '{source.Name}' does not have. {FeatureViewReader.Known("fields", source.Fields.Select(candidate => candidate.Name))}");
        return null;
    }
}
