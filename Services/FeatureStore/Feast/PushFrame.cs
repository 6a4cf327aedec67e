using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>
/// The data frame of a push as events of its source. A column is a field of the source; a column <c>event_timestamp</c> says when a row was
/// true where the source has no field for it; <c>created</c> is left out, because the log says itself when it got an event.
/// </summary>
internal sealed class PushFrame
{
    private const string TimestampColumn = "event_timestamp";
    private static readonly string[] CreatedColumns = ["created", "created_timestamp"];

    private readonly Source _source;
    private readonly (string Name, ValueType Type, JsonElement[] Values)[] _columns;
    private readonly JsonElement[]? _timestamps;
    private readonly ArrayBufferWriter<byte> _payload = new();

    /// <exception cref="FeastException">The frame has no shape, or no instants.</exception>
    public PushFrame(Source source, IReadOnlyDictionary<string, JsonElement[]?> columns, int maxRows)
    {
        _source = source;
        var frame = columns.ToDictionary(
            column => column.Key,
            column => column.Value ?? throw FeastException.Invalid($"The column '{column.Key}' is null; it must be a list."),
            StringComparer.Ordinal);
        Rows = frame.Values.FirstOrDefault()?.Length ?? 0;
        if (frame.FirstOrDefault(column => column.Value.Length != Rows) is { Key: { } unequal })
        {
            throw FeastException.Invalid($"All arrays must be of the same length: '{unequal}' has {frame[unequal].Length} values and '{frame.Keys.First()}' has {Rows}.");
        }

        if (Rows > maxRows)
        {
            throw FeastException.Invalid($"The push has {Rows:N0} rows; at most {maxRows:N0} are taken at once.");
        }

        var types = source.Fields.ToDictionary(field => field.Name, field => field.Type, StringComparer.Ordinal);
        if (source.EventTimestampField.Length == 0 && Rows > 0)
        {
            _timestamps = frame.GetValueOrDefault(TimestampColumn)
                ?? throw FeastException.Invalid($"The source '{source.Name}' has no event timestamp field, so the push needs the column '{TimestampColumn}'.");
        }

        _columns =
        [
            .. frame
                .Where(column => types.ContainsKey(column.Key) || !(column.Key == TimestampColumn && _timestamps is not null) && !CreatedColumns.Contains(column.Key))
                .Select(column => (column.Key, types.GetValueOrDefault(column.Key), column.Value)),
        ];
    }

    public int Rows { get; }

    /// <summary>A row whose source has no event id field is identified by its content: pushed again, it is the same event.</summary>
    public Event ToEvent(int row)
    {
        var timestamp = _timestamps is null ? 0 : InstantOf(_timestamps[row], row, TimestampColumn);
        _payload.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_payload))
        {
            json.WriteStartObject();
            foreach (var (name, type, values) in _columns)
            {
                json.WritePropertyName(name);
                if (type == ValueType.Timestamp && values[row].ValueKind == JsonValueKind.String)
                {
                    json.WriteNumberValue(InstantOf(values[row], row, name));
                }
                else
                {
                    values[row].WriteTo(json);
                }
            }

            json.WriteEndObject();
        }

        return new Event
        {
            Id = _source.EventIdField.Length > 0 ? "" : $"push-{XxHash128.HashToUInt128(_payload.WrittenSpan, timestamp):x32}",
            EventTimestampMicros = timestamp,
            Payload = ByteString.CopyFrom(_payload.WrittenSpan),
        };
    }

    private static long InstantOf(JsonElement value, int row, string column) =>
        value.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(
                value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? Micros.Of(instant)
            : throw FeastException.Invalid($"The column '{column}' of row {row} is {value.GetRawText()}; it must be an ISO 8601 timestamp.");
}
