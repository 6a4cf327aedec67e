using System.Text.Json.Nodes;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>Every key that the templates read, with its default: values.yaml and the schema that guards it.</summary>
internal sealed class ChartValues
{
    private readonly JsonObject _root = [];
    private readonly Dictionary<string, string> _comments = [];

    public JsonObject Root => _root;

    /// <summary>The key of a name from the model: templates cannot read keys with hyphens.</summary>
    public static string Key(string name) => name.Replace('-', '_').Replace('.', '_');

    /// <summary>The first default of a key stays.</summary>
    /// <exception cref="DistributedApplicationException">The path is a group in one place and a value in another.</exception>
    public void Add(string path, JsonNode value, string? comment = null)
    {
        var names = path.Split('.');
        var node = _root;
        foreach (var name in names[..^1])
        {
            node[name] ??= new JsonObject();
            node = node[name] as JsonObject ?? throw Contradiction(path);
        }

        if (node[names[^1]] is JsonObject)
        {
            throw Contradiction(path);
        }

        node[names[^1]] ??= value;
        if (comment is not null)
        {
            Comment(path, comment);
        }
    }

    public void Comment(string path, string comment) => _comments.TryAdd(path, comment);

    public string ToYaml()
    {
        var lines = new List<string>();
        Write(_root, "", "", lines);
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>Refuses keys that nothing reads and values of another type.</summary>
    public string ToSchema()
    {
        var schema = SchemaOf(_root);
        schema["$schema"] = "http://json-schema.org/draft-07/schema#";
        // Helm itself adds it.
        schema["properties"]!["global"] = new JsonObject { ["type"] = "object" };
        return schema.ToJsonString(ChartJson.Indented) + "\n";
    }

    private static JsonObject SchemaOf(JsonObject node)
    {
        var properties = new JsonObject();
        foreach (var (name, value) in node)
        {
            properties[name] = value switch
            {
                JsonObject child => SchemaOf(child),
                JsonArray => new JsonObject { ["type"] = "array" },
                _ => new JsonObject { ["type"] = TypeOf(value!) },
            };
        }

        return new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = properties };
    }

    private static string TypeOf(JsonNode value) => value.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.Number => "integer",
        System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => "boolean",
        _ => "string",
    };

    private void Write(JsonObject node, string path, string indent, List<string> lines)
    {
        foreach (var (name, value) in node)
        {
            var full = path.Length == 0 ? name : $"{path}.{name}";
            if (_comments.TryGetValue(full, out var comment))
            {
                lines.Add($"{indent}# {comment}");
            }

            if (value is JsonObject child && child.Count > 0)
            {
                lines.Add($"{indent}{name}:");
                Write(child, full, indent + "  ", lines);
            }
            else
            {
                lines.Add($"{indent}{name}: {value!.ToJsonString(ChartJson.Relaxed)}");
            }
        }
    }

    private static DistributedApplicationException Contradiction(string path) =>
        new($"The chart's value '{path}' is a group of values in one template and a value in another.");
}
