using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Events;

/// <summary>
/// Validates rows against a source's schema in one pass over their bytes, without allocating for good ones, and appends them to
/// <see cref="EventRows"/>.
/// </summary>
/// <param name="nowMicros">Live events may be up to a day ahead of it.</param>
internal sealed class RowValidator(SourceSchema schema, long nowMicros, int maxEventBytes)
{
    public const int MaxIdLength = 256;

    // The years 1900 to 2200: an instant outside of them is a unit error (seconds, milliseconds) or a placeholder.
    private const long MinEventMicros = -2_208_988_800_000_000;
    private const long MaxEventMicros = 7_289_654_400_000_000;
    private const int MaxIdBytes = 4 * MaxIdLength;
    private const int MaxInt64Digits = 20;

    // No number is that: all are finite. A value that is no number is NaN.
    private const double Null = double.NegativeInfinity;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 32 };

    public SourceSchema Schema => schema;

    /// <param name="id">The id that came beside the payload; empty: the source's event id field has it.</param>
    /// <param name="eventMicros">The timestamp that came beside the payload; 0: the source's event timestamp field has it.</param>
    public bool TryAdd(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> id, long eventMicros, EventRows rows, out RowFault fault)
    {
        if (payload.Length > maxEventBytes)
        {
            fault = new RowFault("", $"the row has {payload.Length} bytes, the limit is {maxEventBytes}");
            return false;
        }

        if (!Utf8.IsValid(payload))
        {
            fault = new RowFault("", "the row is not valid UTF-8");
            return false;
        }

        try
        {
            return TryRead(payload, id, eventMicros, rows, out fault);
        }
        catch (JsonException exception)
        {
            fault = new RowFault("", $"the row is not a JSON object: {Sentence(exception)}");
            return false;
        }
    }

    /// <summary>Statistics of the rows that are not duplicates; needed when some are.</summary>
    public static FieldStatistics Recount(SourceSchema schema, EventRows rows)
    {
        using var kept = new EventRows();
        var validator = new RowValidator(schema, long.MaxValue - Micros.PerDay, int.MaxValue);
        foreach (var (id, eventMicros, payload) in rows.Kept())
        {
            // They were valid when they were added.
            validator.TryAdd(payload.Span, id.Span, eventMicros, kept, out _);
        }

        return kept.Statistics ?? new FieldStatistics(schema.Fields.Length);
    }

    private bool TryRead(ReadOnlySpan<byte> payload, scoped ReadOnlySpan<byte> id, long eventMicros, EventRows rows, out RowFault fault)
    {
        var reader = new Utf8JsonReader(payload, ReaderOptions);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            fault = new RowFault("", "the row is not a JSON object");
            return false;
        }

        Span<bool> seen = stackalloc bool[schema.Fields.Length];
        Span<double> numbers = stackalloc double[schema.Fields.Length];
        numbers.Fill(Null);
        var takesId = id.IsEmpty;
        var takesTimestamp = eventMicros == 0;
        var expected = 0;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var index = schema.IndexOf(ref reader, expected);
            if (index < 0 || seen[index])
            {
                fault = new RowFault(
                    Shorten(ReadName(ref reader)), index < 0 ? $"is not a field of source '{schema.Name}' version {schema.Version}" : "is there twice", ToText(id));
                return false;
            }

            seen[index] = true;
            expected = index + 1;
            reader.Read();

            var field = schema.Fields[index];
            if (!FieldValue.TryCheck(ref reader, field, out var micros, out numbers[index], out var reason))
            {
                fault = new RowFault(field.Name, reason, ToText(id));
                return false;
            }

            if (index == schema.EventIdField && takesId)
            {
                id = ReadId(ref reader, field.Type);
            }
            else if (index == schema.EventTimestampField && takesTimestamp)
            {
                eventMicros = micros;
            }
        }

        // Reads to the end: anything behind the object is a JsonException.
        reader.Read();

        if (FindMissing(seen) is { } missing)
        {
            fault = new RowFault(missing.Name, "is missing", ToText(id));
            return false;
        }

        if (FindIdFault(id) is { } idFault)
        {
            fault = new RowFault(schema.Definition.EventIdField, idFault, ToText(id));
            return false;
        }

        if (FindTimestampFault(eventMicros, given: !takesTimestamp) is { } timestampFault)
        {
            fault = new RowFault(schema.Definition.EventTimestampField, timestampFault, ToText(id));
            return false;
        }

        rows.Add(id, eventMicros, payload);
        Count(rows.Statistics ??= new FieldStatistics(schema.Fields.Length), numbers);
        fault = default;
        return true;
    }

    private static void Count(FieldStatistics statistics, ReadOnlySpan<double> numbers)
    {
        statistics.AddRow();
        for (var field = 0; field < numbers.Length; field++)
        {
            if (double.IsNegativeInfinity(numbers[field]))
            {
                statistics.AddNull(field);
            }
            else if (!double.IsNaN(numbers[field]))
            {
                statistics.AddNumber(field, numbers[field]);
            }
        }
    }

    private SchemaField? FindMissing(ReadOnlySpan<bool> seen)
    {
        if (seen.Contains(false))
        {
            for (var index = 0; index < seen.Length; index++)
            {
                if (!seen[index] && !schema.Fields[index].Nullable)
                {
                    return schema.Fields[index];
                }
            }
        }

        return null;
    }

    private string? FindIdFault(ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
        {
            return schema.EventIdField < 0
                ? $"the event has no id, and source '{schema.Name}' has no event id field to take it from"
                : "the event id is empty";
        }

        if (id.Length > MaxIdLength && (id.Length > MaxIdBytes || Encoding.UTF8.GetCharCount(id) > MaxIdLength))
        {
            return $"the event id is longer than {MaxIdLength} characters";
        }

        return id.Contains((byte)0) ? "the event id contains U+0000" : null;
    }

    private string? FindTimestampFault(long eventMicros, bool given)
    {
        if (eventMicros == 0 && !given && schema.EventTimestampField < 0)
        {
            return $"the event has no timestamp, and source '{schema.Name}' has no event timestamp field to take it from";
        }

        if (eventMicros is < MinEventMicros or >= MaxEventMicros)
        {
            return $"the event timestamp {Instants.Describe(eventMicros)} is outside of the years 1900 to 2200";
        }

        return schema.IsLive && eventMicros > nowMicros + Micros.PerDay
            ? $"the event timestamp {Instants.Describe(eventMicros)} is more than a day ahead of now, which a live source does not have"
            : null;
    }

    private static ReadOnlySpan<byte> ReadId(ref Utf8JsonReader reader, ValueType type)
    {
        if (type == ValueType.Int64)
        {
            // JSON integers are canonical, but for one.
            return reader.ValueSpan.Length <= MaxInt64Digits && reader.ValueSpan.SequenceEqual("-0"u8) ? "0"u8 : reader.ValueSpan;
        }

        return reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
    }

    private static string ReadName(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!.Replace('\0', ' ');
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    private static string ToText(ReadOnlySpan<byte> id) =>
        id.IsEmpty ? "" : Shorten(Encoding.UTF8.GetString(id[..Math.Min(id.Length, MaxIdBytes)]).Replace('\0', ' '));

    private static string Shorten(string text) => text.Length <= MaxIdLength ? text : text[..MaxIdLength] + "...";

    // The first sentence of the message; the rest repeats the place in a form that means little to a client.
    private static string Sentence(JsonException exception)
    {
        var message = exception.Message;
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
