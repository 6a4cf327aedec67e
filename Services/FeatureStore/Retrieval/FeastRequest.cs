using System.Text.Json;
using System.Text.Json.Serialization;
using CloudNativeAi.FeatureStore.OnlineStore;

namespace CloudNativeAi.FeatureStore.Retrieval;

/// <summary>The body of Feast's <c>POST /get-online-features</c>.</summary>
internal sealed class FeastRequest
{
    [JsonPropertyName("features")]
    public IReadOnlyList<string?>? Features { get; init; }

    [JsonPropertyName("feature_service")]
    public string? FeatureService { get; init; }

    [JsonPropertyName("entities")]
    public required IReadOnlyDictionary<string, JsonElement[]?> Entities { get; init; }

    [JsonPropertyName("full_feature_names")]
    public bool FullFeatureNames { get; init; }

    /// <summary>Ours: the instant at which values are read, RFC 3339; absent means now.</summary>
    [JsonPropertyName("as_of")]
    public DateTimeOffset? AsOf { get; init; }
}

internal sealed class JsonKeyValues(JsonElement[] values) : IKeyValues
{
    public int Count => values.Length;

    public string? Read(int row, string joinKey, ValueType type) => (values[row].ValueKind, type) switch
    {
        (JsonValueKind.Null, _) => null,
        (JsonValueKind.String, ValueType.String) => KeyValues.OfText(values[row].GetString()!, row, joinKey),
        (JsonValueKind.Number, ValueType.Int64) when values[row].TryGetInt64(out var number) => EntityKeyText.Escape(number),
        var (kind, _) => throw KeyValues.WrongType(row, joinKey, type, kind.ToString()),
    };
}
