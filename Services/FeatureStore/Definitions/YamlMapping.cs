using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>
/// A YAML mapping read key by key. Whatever is missing, of the wrong shape or never asked for becomes an error with its line;
/// readers return null then and the caller goes on.
/// </summary>
internal sealed class YamlMapping
{
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlNode> _unread = new(StringComparer.Ordinal);
    private readonly DefinitionErrors _errors;
    private readonly string _what;

    private YamlMapping(YamlMappingNode node, string what, DefinitionErrors errors)
    {
        Node = node;
        _errors = errors;
        _what = what;
        foreach (var (key, value) in node.Children)
        {
            if (key is not YamlScalarNode { Value: { } name })
            {
                errors.Add(key, $"A key of {what} must be a plain word.");
                continue;
            }

            _values[name] = value;
            _unread[name] = key;
        }
    }

    public YamlNode Node { get; }

    public static YamlMapping? From(YamlNode node, string what, DefinitionErrors errors)
    {
        if (node is YamlMappingNode mapping)
        {
            return new YamlMapping(mapping, what, errors);
        }

        errors.Add(node, $"{what} must be a mapping such as 'name: value'.");
        return null;
    }

    public YamlNode? Find(string key)
    {
        _unread.Remove(key);
        return _values.GetValueOrDefault(key) is { } node && !IsNull(node) ? node : null;
    }

    public string? Text(string key)
    {
        var node = Find(key);
        if (node is YamlScalarNode { Value: { } value })
        {
            return value;
        }

        if (node is not null)
        {
            _errors.Add(node, $"'{key}' of {_what} must be a single value.");
        }

        return null;
    }

    public string? RequiredText(string key)
    {
        if (Find(key) is null)
        {
            _errors.Add(Node, $"{_what} needs '{key}'.");
            return null;
        }

        if (Text(key) is not { Length: > 0 } value)
        {
            return null;
        }

        return value;
    }

    /// <summary>A duration in microseconds; 0 when the key is absent.</summary>
    public long Duration(string key)
    {
        if (Text(key) is not { } text)
        {
            return 0;
        }

        if (!Durations.TryParse(text, out var micros))
        {
            _errors.Add(_values[key], $"'{key}: {text}' of {_what} is not a duration. Write a whole number and s, m, h or d, such as 30s, 5m, 1h or 3d; 0 means unlimited.");
        }

        return micros;
    }

    public IReadOnlyList<YamlNode> List(string key, bool required = false)
    {
        switch (Find(key))
        {
            case YamlSequenceNode sequence:
                if (required && sequence.Children.Count == 0)
                {
                    _errors.Add(sequence, $"'{key}' of {_what} must not be empty.");
                }

                return [.. sequence.Children];
            case null:
                if (required)
                {
                    _errors.Add(Node, $"{_what} needs the list '{key}'.");
                }

                return [];
            case var node:
                _errors.Add(node, $"'{key}' of {_what} must be a list.");
                return [];
        }
    }

    /// <summary>Adds an error for every key that was never asked for: a misspelt key must not be silently without effect.</summary>
    public void RefuseUnknownKeys(params ReadOnlySpan<string> known)
    {
        foreach (var (name, node) in _unread)
        {
            _errors.Add(node, $"{_what} has the unknown key '{name}'. Known keys: {string.Join(", ", known)}.");
        }
    }

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Value: null or "" or "~" or "null", Style: YamlDotNet.Core.ScalarStyle.Plain };
}
