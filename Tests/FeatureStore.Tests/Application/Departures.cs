using System.Text.Json;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Tests.Transformations;
using CloudNativeAi.FeatureStore.Transformations;
using Google.Protobuf;

namespace CloudNativeAi.FeatureStore.Tests.Application;

/// <summary>The source of the functional tests, with views over it and what they must read.</summary>
internal static class Departures
{
    public const string Source = "departures";

    public const string Yaml =
        """
        entities:
          - name: origin
            join_keys: [ { name: origin, type: string } ]
        feature_views:
          - name: origin_windows
            entity: origin
            source: departures
            ttl: 6h
            aggregations:
              - { field: dep_delay, functions: [mean, count, max, stddev, sum], windows: [1h, 12h] }
              - { field: gate, functions: [distinct_count, last], windows: [3d] }
              - { functions: [count], windows: [1h] }
          - name: origin_latest
            entity: origin
            source: departures
            ttl: 1h
            features: [ dep_delay, seats, gate ]
        feature_services:
          - name: delays
            features: [ "origin_windows:*", "origin_latest:*" ]
        """;

    public static Contracts.Ingestion.Source Declaration(bool backfilled = true) => new()
    {
        Name = Source,
        Availability = backfilled ? Availability.Backfilled : Availability.Live,
        AvailabilityDelayMicros = backfilled ? Schema.AvailabilityDelayMicros : 0,
        Fields = { Schema.Fields.Select(field => new SourceField { Name = field.Name, Type = field.Type, Nullable = field.Nullable }) },
    };

    public static SourceSchema Schema { get; } = FeatureEvents.Backfilled;

    /// <summary>Events with ties, disorder and nulls; most of a few airports, some of many.</summary>
    public static FeatureEvent[] Random(int count, int seed, long firstPosition = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var time = FeatureEvents.Start + ((firstPosition + i) * 10 * Durations.Second) + (random.Next(-120, 120) * Durations.Minute);
            return new FeatureEvent(
                firstPosition + i, time, time + (random.Next(0, 90) * Durations.Second),
                random.Next(50) == 0 ? null : random.Next(3) == 0 ? $"K{random.Next(200)}" : $"A{random.Next(4)}",
                random.Next(9) == 0 ? null : Math.Round((random.NextDouble() * 200) - 30, 2),
                random.Next(5) == 0 ? null : random.Next(10, 400),
                random.Next(5) == 0 ? null : $"G{random.Next(300)}");
        })];
    }

    public static IEnumerable<LoggedEvent> ToLog(this IEnumerable<FeatureEvent> events) => events.Select(item => new LoggedEvent
    {
        Position = item.Position,
        Id = $"e{item.Position}",
        EventTimestampMicros = item.EventTimestamp,
        CreatedTimestampMicros = item.Created,
        Payload = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(new { origin = item.Key, dep_delay = item.Delay, seats = item.Seats, gate = item.Gate })),
    });

    /// <summary>Reads all keys at an instant and compares every value with a look at every event.</summary>
    public static async Task AssertOnlineEqualsOracleAsync(this FeatureStoreApplication application, IReadOnlyCollection<FeatureEvent> events, long asOf)
    {
        string[] keys = [.. events.Select(item => item.Key).OfType<string>().Distinct().Order(StringComparer.Ordinal), "never seen"];
        var definitions = DefinitionsParser.Parse(Yaml, "", new Dictionary<string, SourceSchema> { [Source] = Schema });
        var response = await application.Retrieval.GetOnlineFeaturesAsync(Request(keys, asOf), cancellationToken: TestContext.Current.CancellationToken);

        var compared = 0;
        foreach (var column in response.Columns)
        {
            var (view, feature) = (definitions.FindView(column.Name.Split(':')[0])!, column.Name.Split(':')[1]);
            for (var row = 0; row < keys.Length; row++)
            {
                var ofKey = events.Where(item => item.Key == keys[row]).ToList();
                var expected = view.IsWindowed
                    ? WindowOracle.Evaluate(view.Windowed[view.IndexOf(feature)], view.TtlMicros, Schema, ofKey, asOf)
                    : Latest(view.Latest[view.IndexOf(feature)], view.TtlMicros, ofKey, asOf);
                var actual = ValueOf(column, row);
                Assert.True(Same(expected, actual), $"{column.Name} of {keys[row]} at {asOf}: expected {expected}, got {actual}");
                compared++;
            }
        }

        Assert.Equal(keys.Length * 16, compared);
    }

    public static GetOnlineFeaturesRequest Request(IEnumerable<string?> keys, long? asOf)
    {
        var column = new KeyColumn { JoinKey = "origin" };
        column.Values.AddRange(keys.Select(key => key is null ? new Value() : new Value { StringValue = key }));
        var request = new GetOnlineFeaturesRequest { FeatureService = "delays", EntityKeys = { column } };
        if (asOf is { } instant)
        {
            request.AsOfMicros = instant;
        }

        return request;
    }

    public static FeatureValue ValueOf(FeatureColumn column, int row)
    {
        var status = (FeatureStatus)column.Statuses[row];
        var timestamp = column.EventTimestampsMicros[row];
        if (status is not (FeatureStatus.Present or FeatureStatus.OutsideMaxAge))
        {
            return FeatureValue.NotFound(column.Type) with { Status = status, EventTimestampMicros = timestamp };
        }

        var value = column.Type switch
        {
            ValueType.Double => FeatureValue.OfDouble(column.Doubles[row], timestamp),
            ValueType.String => FeatureValue.OfText(column.Strings[row], timestamp),
            ValueType.Timestamp => FeatureValue.OfInt64(column.Type, column.TimestampsMicros[row], timestamp),
            ValueType.Bool => FeatureValue.OfInt64(column.Type, column.Bools[row] ? 1 : 0, timestamp),
            _ => FeatureValue.OfInt64(column.Type, column.Int64S[row], timestamp),
        };
        return value with { Status = status };
    }

    private static FeatureValue Latest(LatestFeature feature, long ttl, List<FeatureEvent> events, long asOf)
    {
        var found = events
            .Where(item => item.EventTimestamp <= asOf && Schema.KnownMicros(item.EventTimestamp, item.Created) <= asOf)
            .OrderByDescending(item => (item.EventTimestamp, item.Created, item.Position))
            .FirstOrDefault();
        if (found is null)
        {
            return FeatureValue.NotFound(feature.Type);
        }

        object? value = feature.Name switch { "dep_delay" => found.Delay, "seats" => found.Seats, _ => found.Gate };
        var result = value switch
        {
            null => FeatureValue.Null(feature.Type, found.EventTimestamp),
            double number => FeatureValue.OfDouble(number, found.EventTimestamp),
            string text => FeatureValue.OfText(text, found.EventTimestamp),
            _ => FeatureValue.OfInt64(feature.Type, (long)value, found.EventTimestamp),
        };
        return result.WithTtl(ttl, asOf);
    }

    private static bool Same(FeatureValue left, FeatureValue right) =>
        left with { Double = 0 } == right with { Double = 0 }
        && (!left.HasValue || BitConverter.DoubleToInt64Bits(left.Double) == BitConverter.DoubleToInt64Bits(right.Double));
}
