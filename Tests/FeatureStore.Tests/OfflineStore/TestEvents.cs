using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Tests.OfflineStore;

/// <summary>Events with a field of every type, made from a seed.</summary>
internal static class TestEvents
{
    public const long Noon = 1_400_000_000_000_000;

    public static SourceSchema Schema { get; } = new(
        "departures",
        [
            new SchemaField("origin", ValueType.String, true),
            new SchemaField("dep_delay", ValueType.Double, true),
            new SchemaField("distance", ValueType.Int64, true),
            new SchemaField("cancelled", ValueType.Bool, true),
            new SchemaField("scheduled", ValueType.Timestamp, true),
            // A name that the table itself has.
            new SchemaField("Position", ValueType.Int64, true),
        ],
        Backfilled: false,
        AvailabilityDelayMicros: 0);

    public static EventColumns Create(long firstPosition, int count, SourceSchema? schema = null)
    {
        schema ??= Schema;
        var random = new Random((int)firstPosition);
        var fields = schema.Fields.Select(field => new EventColumn(field.Type, count)).ToArray();
        var events = new EventColumns
        {
            Schema = schema,
            Count = count,
            Positions = [.. Enumerable.Range(0, count).Select(row => firstPosition + row)],
            EventIds = [.. Enumerable.Range(0, count).Select(row => $"event-{firstPosition + row}")],
            EventTimestamps = [.. Enumerable.Range(0, count).Select(_ => Noon + random.NextInt64(-1_000_000_000, 1_000_000_000))],
            CreatedTimestamps = [.. Enumerable.Range(0, count).Select(_ => Noon + random.NextInt64(0, 1_000_000_000))],
            Fields = fields,
        };
        foreach (var field in fields)
        {
            for (var row = 0; row < count; row++)
            {
                field.IsNull[row] = random.Next(8) == 0;
                if (field.IsNull[row])
                {
                    continue;
                }

                switch (field.Type)
                {
                    case ValueType.String:
                        field.Strings[row] = random.Next(5) == 0 ? string.Concat(Enumerable.Repeat("Zürich'\"𝄞", random.Next(1, 12))) : $"A{random.Next(20)}";
                        break;
                    case ValueType.Double:
                        field.Doubles[row] = random.Next(50) == 0 ? double.NaN : Math.Round((random.NextDouble() * 100) - 20, 3);
                        break;
                    case ValueType.Bool:
                        field.Bools[row] = random.Next(2) == 0;
                        break;
                    default:
                        field.Int64s[row] = random.NextInt64(-1L << 40, 1L << 40);
                        break;
                }
            }
        }

        return events;
    }

    public static void AssertSame(EventColumns expected, EventColumns actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.Equal(expected.Positions, actual.Positions);
        Assert.Equal(expected.EventIds, actual.EventIds);
        Assert.Equal(expected.EventTimestamps, actual.EventTimestamps);
        Assert.Equal(expected.CreatedTimestamps, actual.CreatedTimestamps);
        for (var index = 0; index < expected.Fields.Length; index++)
        {
            Assert.Equal(expected.Fields[index].IsNull, actual.Fields[index].IsNull);
            Assert.Equal(expected.Fields[index].Doubles, actual.Fields[index].Doubles);
            Assert.Equal(expected.Fields[index].Int64s, actual.Fields[index].Int64s);
            Assert.Equal(expected.Fields[index].Bools, actual.Fields[index].Bools);
            Assert.Equal(expected.Fields[index].Strings, actual.Fields[index].Strings);
        }
    }
}
