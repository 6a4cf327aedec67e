using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Tests.Transformations;

/// <summary>One event of the test source: a field of every kind that windows treat differently.</summary>
internal sealed record FeatureEvent(long Position, long EventTimestamp, long Created, string? Key, double? Delay, long? Seats, string? Gate);

internal static class FeatureEvents
{
    public const long Start = 1_400_000_000_000_000;

    public static SourceSchema Live { get; } = new(
        "departures",
        [
            new SchemaField("origin", ValueType.String, true),
            new SchemaField("dep_delay", ValueType.Double, true),
            new SchemaField("seats", ValueType.Int64, true),
            new SchemaField("gate", ValueType.String, true),
        ],
        Backfilled: false,
        AvailabilityDelayMicros: 0);

    public static SourceSchema Backfilled { get; } = Live with { Backfilled = true, AvailabilityDelayMicros = 20 * Durations.Minute };

    public static EventColumns ToColumns(this IReadOnlyList<FeatureEvent> events, SourceSchema schema)
    {
        var columns = new EventColumns
        {
            Schema = schema,
            Count = events.Count,
            Positions = [.. events.Select(item => item.Position)],
            EventIds = [.. events.Select(item => $"e{item.Position}")],
            EventTimestamps = [.. events.Select(item => item.EventTimestamp)],
            CreatedTimestamps = [.. events.Select(item => item.Created)],
            Fields = [.. schema.Fields.Select(field => new EventColumn(field.Type, events.Count))],
        };
        for (var row = 0; row < events.Count; row++)
        {
            Set(columns.Fields[0], row, events[row].Key is null, column => column.Strings[row] = events[row].Key);
            Set(columns.Fields[1], row, events[row].Delay is null, column => column.Doubles[row] = events[row].Delay!.Value);
            Set(columns.Fields[2], row, events[row].Seats is null, column => column.Int64s[row] = events[row].Seats!.Value);
            Set(columns.Fields[3], row, events[row].Gate is null, column => column.Strings[row] = events[row].Gate);
        }

        return columns;
    }

    private static void Set(EventColumn column, int row, bool isNull, Action<EventColumn> set)
    {
        column.IsNull[row] = isNull;
        if (!isNull)
        {
            set(column);
        }
    }
}
