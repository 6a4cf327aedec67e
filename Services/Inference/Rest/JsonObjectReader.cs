using System.Text.Json;
using CloudNativeAi.Contracts.OpenInference;

namespace CloudNativeAi.Inference.Rest;

/// <summary>A forward reader of a request's JSON that says what is wrong where.</summary>
internal ref struct JsonObjectReader(ReadOnlySpan<byte> json, int maxDepth)
{
    private Utf8JsonReader _reader = new(json, new JsonReaderOptions { MaxDepth = maxDepth });

    public void BeginObject(string what)
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
        {
            throw InferenceException.Invalid($"{what} must be a JSON object");
        }
    }

    public void BeginArray(string what)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw InferenceException.Invalid($"'{what}' must be an array");
        }
    }

    /// <summary>The next property's name; null at the end of the object.</summary>
    public string? NextProperty() => _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName ? _reader.GetString() : null;

    /// <summary>False at the end of the array.</summary>
    public bool NextObject()
    {
        _reader.Read();
        return _reader.TokenType switch
        {
            JsonTokenType.StartObject => true,
            JsonTokenType.EndArray => false,
            _ => throw InferenceException.Invalid("inputs and outputs must be arrays of objects"),
        };
    }

    /// <summary>The end of the array was read.</summary>
    public readonly bool IsAtEndOfArray => _reader.TokenType == JsonTokenType.EndArray;

    /// <summary>False when something else comes, or nothing.</summary>
    public bool NextIsObject() => _reader.Read() && _reader.TokenType == JsonTokenType.StartObject;

    public void Skip()
    {
        _reader.Read();
        _reader.Skip();
    }

    /// <summary>Where the value is.</summary>
    public Range Slice()
    {
        _reader.Read();
        var start = (int)_reader.TokenStartIndex;
        _reader.Skip();
        return start..(int)_reader.BytesConsumed;
    }

    public string ReadString(string name)
    {
        _reader.Read();
        return _reader.TokenType == JsonTokenType.String ? _reader.GetString()! : throw InferenceException.Invalid($"'{name}' must be a string");
    }

    public long[] ReadShape()
    {
        BeginArray("shape");
        List<long> shape = [];
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            shape.Add(_reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var dimension)
                ? dimension
                : throw InferenceException.Invalid("'shape' must be an array of whole numbers"));
        }

        return [.. shape];
    }

    public Dictionary<string, InferParameter> ReadParameters()
    {
        BeginObject("'parameters'");
        Dictionary<string, InferParameter> parameters = new(StringComparer.Ordinal);
        while (NextProperty() is { } name)
        {
            _reader.Read();
            parameters[name] = _reader.TokenType switch
            {
                JsonTokenType.True or JsonTokenType.False => new InferParameter { BoolParam = _reader.GetBoolean() },
                JsonTokenType.String => new InferParameter { StringParam = _reader.GetString() },
                JsonTokenType.Number when _reader.TryGetInt64(out var number) => new InferParameter { Int64Param = number },
                JsonTokenType.Number when _reader.TryGetUInt64(out var number) => new InferParameter { Uint64Param = number },
                JsonTokenType.Number => new InferParameter { DoubleParam = _reader.GetDouble() },
                _ => throw InferenceException.Invalid($"the parameter '{name}' must be a truth value, a number or a string"),
            };
        }

        return parameters;
    }

    /// <summary>Nothing but white space may follow.</summary>
    public void End() => _reader.Read();
}
