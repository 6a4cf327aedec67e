using System.Buffers;
using System.Text.Json;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Retrieval;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>Feast's response: feature-major, join keys first.</summary>
internal static class FeastResponse
{
    private const string Epoch = "1970-01-01T00:00:00Z";
    private static readonly string[] Statuses = ["INVALID", "PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"];

    /// <exception cref="RetrievalException">Two features would have one name.</exception>
    public static IReadOnlyList<string> NamesOf(IReadOnlyList<FeatureReference> features, bool fullNames)
    {
        var names = features.Select(feature => fullNames ? $"{feature.View}__{feature.Feature}" : feature.Feature).ToList();
        var collisions = names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToList();
        return collisions.Count == 0 ? names
            : throw new RetrievalException(
                RetrievalFault.Invalid,
                $"More than one feature is called {string.Join(", ", collisions)}. Ask with \"full_feature_names\": true.",
                "FeatureNameCollisionError");
    }

    public static byte[] Write(IReadOnlyDictionary<string, JsonElement[]?> entities, IReadOnlyList<string> names, FeatureTable table)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteStartArray("feature_names");
        foreach (var name in entities.Keys.Concat(names))
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("results");
        foreach (var values in entities.Values)
        {
            WriteKeys(json, values!);
        }

        foreach (var column in table.Columns)
        {
            WriteColumn(json, column, table.Rows);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteKeys(Utf8JsonWriter json, JsonElement[] values)
    {
        json.WriteStartObject();
        json.WriteStartArray("values");
        foreach (var value in values)
        {
            value.WriteTo(json);
        }

        json.WriteEndArray();
        json.WriteStartArray("statuses");
        for (var i = 0; i < values.Length; i++)
        {
            json.WriteStringValue(Statuses[(int)FeatureStatus.Present]);
        }

        json.WriteEndArray();
        json.WriteStartArray("event_timestamps");
        for (var i = 0; i < values.Length; i++)
        {
            json.WriteStringValue(Epoch);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteColumn(Utf8JsonWriter json, FeatureTableColumn column, int rows)
    {
        json.WriteStartObject();
        json.WriteStartArray("values");
        for (var row = 0; row < rows; row++)
        {
            WriteValue(json, column[row]);
        }

        json.WriteEndArray();
        json.WriteStartArray("statuses");
        for (var row = 0; row < rows; row++)
        {
            var value = column[row];
            json.WriteStringValue(Statuses[(int)(IsNumber(value) ? value.Status : FeatureStatus.NullValue)]);
        }

        json.WriteEndArray();
        json.WriteStartArray("event_timestamps");
        for (var row = 0; row < rows; row++)
        {
            json.WriteStringValue(Rfc3339(column[row].EventTimestampMicros));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // JSON has no NaN and no infinity: such a value is null, and its status says so.
    private static bool IsNumber(FeatureValue value) => !value.HasValue || value.Type != ValueType.Double || double.IsFinite(value.Double);

    private static void WriteValue(Utf8JsonWriter json, FeatureValue value)
    {
        if (!value.HasValue || !IsNumber(value))
        {
            json.WriteNullValue();
            return;
        }

        switch (value.Type)
        {
            case ValueType.Double:
                json.WriteNumberValue(value.Double);
                break;
            case ValueType.Int64:
                json.WriteNumberValue(value.Int64);
                break;
            case ValueType.Bool:
                json.WriteBooleanValue(value.Int64 != 0);
                break;
            case ValueType.Timestamp:
                json.WriteStringValue(Rfc3339(value.Int64));
                break;
            default:
                json.WriteStringValue(value.Text);
                break;
        }
    }

    // With 0, 3 or 6 digits of a second, as protobuf writes timestamps.
    private static string Rfc3339(long micros)
    {
        var format = micros % 1_000_000 == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : micros % 1_000 == 0 ? "yyyy-MM-dd'T'HH:mm:ss.fff'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
        return Micros.ToInstant(micros).ToString(format, System.Globalization.CultureInfo.InvariantCulture);
    }
}
