using System.Text.Json;
using System.Text.Json.Serialization;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Retrieval;

namespace CloudNativeAi.FeatureStore.Feast;

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

/// <summary>The body of Feast's <c>POST /push</c>: a data frame, column by column. Other members of it have no meaning here.</summary>
internal sealed class FeastPushRequest
{
    /// <summary>Name of the event source.</summary>
    [JsonPropertyName("push_source_name")]
    public required string Source { get; init; }

    [JsonPropertyName("df")]
    public required IReadOnlyDictionary<string, JsonElement[]?> Frame { get; init; }

    /// <summary>What the answer waits for: "online", "offline" or "online_and_offline".</summary>
    [JsonPropertyName("to")]
    public string To { get; init; } = "online";
}

/// <summary>The body of Feast's <c>POST /write-to-online-store</c>. Other members of it have no meaning here.</summary>
internal sealed class FeastWriteRequest
{
    [JsonPropertyName("feature_view_name")]
    public required string FeatureView { get; init; }

    [JsonPropertyName("df")]
    public required IReadOnlyDictionary<string, JsonElement[]?> Frame { get; init; }

    /// <summary>False: the definitions are read again first, for one that another replica has just applied.</summary>
    [JsonPropertyName("allow_registry_cache")]
    public bool AllowRegistryCache { get; init; } = true;
}

/// <summary>The body of Feast's <c>POST /materialize</c> and, without <see cref="Start"/>, of <c>/materialize-incremental</c>.</summary>
internal sealed class FeastMaterializeRequest
{
    /// <summary>ISO 8601; UTC unless it says otherwise.</summary>
    [JsonPropertyName("start_ts")]
    public string? Start { get; init; }

    [JsonPropertyName("end_ts")]
    public string? End { get; init; }

    /// <summary>Absent: all.</summary>
    [JsonPropertyName("feature_views")]
    public IReadOnlyList<string>? FeatureViews { get; init; }

    /// <summary>The whole history: start and end are not needed.</summary>
    [JsonPropertyName("disable_event_timestamp")]
    public bool DisableEventTimestamp { get; init; }

    [JsonPropertyName("version")]
    public string? Version { get; init; }
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
