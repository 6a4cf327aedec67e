using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.Events;

/// <summary>
/// A batch of events of one source, one array per column, in position order. <see cref="Fields"/> are in the schema's order.
/// </summary>
internal sealed class EventColumns
{
    public required SourceSchema Schema { get; init; }

    public required int Count { get; init; }

    public required long[] Positions { get; init; }

    public required string[] EventIds { get; init; }

    /// <summary>Microseconds since the Unix epoch.</summary>
    public required long[] EventTimestamps { get; init; }

    /// <summary>When the log got the event, microseconds since the Unix epoch.</summary>
    public required long[] CreatedTimestamps { get; init; }

    public required EventColumn[] Fields { get; init; }

    public long FirstPosition => Positions[0];

    public long LastPosition => Positions[Count - 1];

    /// <summary>Batches of one schema that follow each other, as one.</summary>
    public static EventColumns Concat(IReadOnlyList<EventColumns> batches)
    {
        if (batches.Count == 1)
        {
            return batches[0];
        }

        var schema = batches[0].Schema;
        return new EventColumns
        {
            Schema = schema,
            Count = batches.Sum(batch => batch.Count),
            Positions = [.. batches.SelectMany(batch => batch.Positions.Take(batch.Count))],
            EventIds = [.. batches.SelectMany(batch => batch.EventIds.Take(batch.Count))],
            EventTimestamps = [.. batches.SelectMany(batch => batch.EventTimestamps.Take(batch.Count))],
            CreatedTimestamps = [.. batches.SelectMany(batch => batch.CreatedTimestamps.Take(batch.Count))],
            Fields = [.. schema.Fields.Select((_, index) => EventColumn.Concat([.. batches.Select(batch => (batch.Fields[index], batch.Count))]))],
        };
    }

    public long KnownMicros(int row) => Schema.KnownMicros(EventTimestamps[row], CreatedTimestamps[row]);
}

/// <summary>One field of a batch. Only the array that belongs to <see cref="Type"/> is there; timestamps are in <see cref="Int64s"/>.</summary>
internal sealed class EventColumn
{
    public EventColumn(ValueType type, int count)
    {
        Type = type;
        IsNull = new bool[count];
        Doubles = type == ValueType.Double ? new double[count] : [];
        Int64s = type is ValueType.Int64 or ValueType.Timestamp ? new long[count] : [];
        Bools = type == ValueType.Bool ? new bool[count] : [];
        Strings = type == ValueType.String ? new string?[count] : [];
    }

    public ValueType Type { get; }

    public bool[] IsNull { get; }

    public double[] Doubles { get; }

    public long[] Int64s { get; }

    public bool[] Bools { get; }

    public string?[] Strings { get; }

    public static EventColumn Concat(IReadOnlyList<(EventColumn Column, int Count)> parts)
    {
        var result = new EventColumn(parts[0].Column.Type, parts.Sum(part => part.Count));
        var at = 0;
        foreach (var (column, count) in parts)
        {
            Array.Copy(column.IsNull, 0, result.IsNull, at, count);
            Array.Copy(column.Values, 0, result.Values, at, count);
            at += count;
        }

        return result;
    }

    private Array Values => Type switch
    {
        ValueType.Double => Doubles,
        ValueType.Bool => Bools,
        ValueType.String => Strings,
        _ => Int64s,
    };
}
