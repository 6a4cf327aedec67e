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
}
