using System.Globalization;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.Events;

/// <summary>
/// Turns logged events into columns. Fields that the schema does not have are skipped, absent ones are null. A timestamp is a
/// number (microseconds) or ISO 8601 text (UTC unless it says otherwise).
/// </summary>
internal sealed class EventDecoder
{
    private readonly SourceSchema _schema;
    private readonly byte[][] _names;

    public EventDecoder(SourceSchema schema)
    {
        _schema = schema;
        _names = [.. schema.Fields.Select(field => System.Text.Encoding.UTF8.GetBytes(field.Name))];
    }

    public SourceSchema Schema => _schema;

    /// <summary>The first field seen that the schema does not have: the source may have a newer schema.</summary>
    public string? UnknownField { get; private set; }

    /// <exception cref="EventDecodeException">Ingestion let through what the schema forbids.</exception>
    public EventColumns Decode(IReadOnlyList<LoggedEvent> events)
    {
        var columns = new EventColumns
        {
            Schema = _schema,
            Count = events.Count,
            Positions = new long[events.Count],
            EventIds = new string[events.Count],
            EventTimestamps = new long[events.Count],
            CreatedTimestamps = new long[events.Count],
            Fields = [.. _schema.Fields.Select(field => new EventColumn(field.Type, events.Count))],
        };

        for (var row = 0; row < events.Count; row++)
        {
            var logged = events[row];
            columns.Positions[row] = logged.Position;
            columns.EventIds[row] = logged.Id;
            columns.EventTimestamps[row] = logged.EventTimestampMicros;
            columns.CreatedTimestamps[row] = logged.CreatedTimestampMicros;
            foreach (var column in columns.Fields)
            {
                column.IsNull[row] = true;
            }

            DecodePayload(logged, columns.Fields, row);
        }

        return columns;
    }

    private void DecodePayload(LoggedEvent logged, EventColumn[] columns, int row)
    {
        var field = "";
        try
        {
            var reader = new Utf8JsonReader(logged.Payload.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new FormatException("the payload is not a JSON object");
            }

            // Fields usually come in the schema's order: try the next one first.
            var expected = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var index = IndexOf(ref reader, expected);
                var unknown = index < 0 && UnknownField is null ? reader.GetString() : null;
                reader.Read();
                if (index < 0)
                {
                    UnknownField ??= unknown;
                    reader.Skip();
                    continue;
                }

                field = _schema.Fields[index].Name;
                expected = index + 1;
                ReadValue(ref reader, columns[index], row);
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            throw new EventDecodeException(
                $"Event {logged.Position} ('{logged.Id}') of the source '{_schema.Name}' does not fit its schema{(field.Length > 0 ? $" at the field '{field}'" : "")}: {exception.Message}.",
                exception);
        }
    }

    private int IndexOf(ref Utf8JsonReader reader, int expected)
    {
        if (expected < _names.Length && reader.ValueTextEquals(_names[expected]))
        {
            return expected;
        }

        for (var i = 0; i < _names.Length; i++)
        {
            if (reader.ValueTextEquals(_names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    private static void ReadValue(ref Utf8JsonReader reader, EventColumn column, int row)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        column.IsNull[row] = false;
        switch (column.Type)
        {
            case ValueType.Double:
                column.Doubles[row] = reader.GetDouble();
                break;
            case ValueType.Int64:
                column.Int64s[row] = ReadInt64(ref reader);
                break;
            case ValueType.Timestamp:
                column.Int64s[row] = reader.TokenType == JsonTokenType.String ? ParseTimestamp(reader.GetString()!) : ReadInt64(ref reader);
                break;
            case ValueType.Bool:
                column.Bools[row] = reader.GetBoolean();
                break;
            case ValueType.String:
                column.Strings[row] = reader.GetString();
                break;
            default:
                throw new FormatException($"the field has the type {column.Type}");
        }
    }

    private static long ReadInt64(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out var value))
        {
            return value;
        }

        // 15.0 and 1e3 are integers as well.
        var number = reader.GetDouble();
        return number == Math.Floor(number) && Math.Abs(number) <= 1L << 53
            ? (long)number
            : throw new FormatException($"{number.ToString(CultureInfo.InvariantCulture)} is not an int64");
    }

    private static long ParseTimestamp(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? (instant.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond
            : throw new FormatException($"'{text}' is not an ISO 8601 timestamp");
}

/// <summary>An event in the log that its source's schema does not allow. The source stops until it is repaired: events are never skipped.</summary>
internal sealed class EventDecodeException(string message, Exception? inner = null) : Exception(message, inner);
