using System.Globalization;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.EndToEnd.Tests.FeaturePlane;

/// <param name="Number">Its id, and unique.</param>
internal readonly record struct Reading(int Number, int Sensor, long EventTimestampMicros, double Level);

/// <summary>A day of readings of a thousand sensors that arrive in disorder, the views over them, and what those must read at its end.</summary>
internal static class Readings
{
    public const string Source = "readings";
    public const int Sensors = 1_000;

    /// <summary>Every so many'th reading is also sent once with a level that is no number.</summary>
    public const int InvalidEvery = 1_000;

    public const string Yaml =
        """
        entities:
          - name: sensor
            join_keys: [ { name: sensor, type: string } ]
        feature_views:
          - name: windows
            entity: sensor
            source: readings
            aggregations:
              - { field: level, functions: [count, sum, min, max, last], windows: [1h, 12h] }
          - name: latest
            entity: sensor
            source: readings
            features: [ level, number ]
        feature_services:
          - name: all
            features: [ "windows:*", "latest:*" ]
        """;

    private const long Start = 1_767_225_600_000_000;
    private const long Hour = 3_600_000_000;

    /// <summary>The edge of every tile, so that windows end here exactly.</summary>
    public const long End = Start + (24 * Hour);

    public static Source Declaration => new()
    {
        Name = Source,
        Availability = Availability.Backfilled,
        Fields =
        {
            new SourceField { Name = "sensor", Type = ValueType.String },
            new SourceField { Name = "level", Type = ValueType.Double },
            new SourceField { Name = "number", Type = ValueType.Int64 },
        },
    };

    /// <summary>No two have one event timestamp; levels are eighths, so that their sums are exact.</summary>
    public static Reading[] Create(int count, Random random)
    {
        var readings = Enumerable.Range(0, count)
            .Select(number => new Reading(number, random.Next(Sensors), Start + (24 * Hour / count * number), random.Next(-8_000, 8_000) / 8.0))
            .ToArray();
        random.Shuffle(readings);
        return readings;
    }

    public static string IdOf(int number) => string.Create(CultureInfo.InvariantCulture, $"r{number}");

    public static IEnumerable<Event> ToEvents(this Reading reading)
    {
        yield return ToEvent(IdOf(reading.Number), reading, reading.Level.ToString("R", CultureInfo.InvariantCulture));
        if (reading.Number % InvalidEvery == 0)
        {
            yield return ToEvent($"bad{reading.Number}", reading, "\"broken\"");
        }
    }

    public static GetOnlineFeaturesRequest OnlineRequest()
    {
        var request = new GetOnlineFeaturesRequest { FeatureService = "all", AsOfMicros = End };
        request.EntityKeys.Add(Keys());
        return request;
    }

    public static GetHistoricalFeaturesRequest OfflineRequest()
    {
        var request = new GetHistoricalFeaturesRequest { FeatureService = "all" };
        request.EntityKeys.Add(Keys());
        request.EntityTimestampsMicros.AddRange(Enumerable.Repeat(End, Sensors));
        return request;
    }

    /// <summary>Values by the features' definition: a look at every reading of each sensor. Absent ones are null.</summary>
    public static Dictionary<string, double?[]> Expected(IEnumerable<Reading> readings)
    {
        var bySensor = readings.ToLookup(reading => reading.Sensor);
        var expected = new Dictionary<string, double?[]>(StringComparer.Ordinal);
        foreach (var hours in new[] { 1, 12 })
        {
            Add($"windows:level_count_{hours}h", hours, window => window.Length);
            Add($"windows:level_sum_{hours}h", hours, window => window.Length == 0 ? null : window.Sum(reading => reading.Level));
            Add($"windows:level_min_{hours}h", hours, window => window.Length == 0 ? null : window.Min(reading => reading.Level));
            Add($"windows:level_max_{hours}h", hours, window => window.Length == 0 ? null : window.Max(reading => reading.Level));
            Add($"windows:level_last_{hours}h", hours, window => window.Length == 0 ? null : window.MaxBy(reading => reading.EventTimestampMicros).Level);
        }

        Add("latest:level", 24, day => day.Length == 0 ? null : day.MaxBy(reading => reading.EventTimestampMicros).Level);
        Add("latest:number", 24, day => day.Length == 0 ? null : day.MaxBy(reading => reading.EventTimestampMicros).Number);
        return expected;

        void Add(string feature, int hours, Func<Reading[], double?> value) => expected[feature] =
        [
            .. Enumerable.Range(0, Sensors).Select(sensor => value([.. bySensor[sensor].Where(reading => reading.EventTimestampMicros >= End - (hours * Hour))])),
        ];
    }

    /// <summary>The same shape, from an answer of the feature store.</summary>
    public static Dictionary<string, double?[]> Values(this GetOnlineFeaturesResponse response) => response.Columns.ToDictionary(
        column => column.Name,
        column => Enumerable.Range(0, Sensors)
            .Select(row => (FeatureStatus)column.Statuses[row] switch
            {
                FeatureStatus.Present => column.Type == ValueType.Double ? column.Doubles[row] : column.Int64S[row],
                FeatureStatus.NotFound => (double?)null,
                var status => throw new InvalidOperationException($"{column.Name} of sensor {row} is {status}."),
            })
            .ToArray(),
        StringComparer.Ordinal);

    public static void AssertSame(Dictionary<string, double?[]> expected, Dictionary<string, double?[]> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, feature => Assert.Equal(feature.Value, actual[feature.Key]));
    }

    private static Event ToEvent(string id, Reading reading, string level) => new()
    {
        Id = id,
        EventTimestampMicros = reading.EventTimestampMicros,
        Payload = ByteString.CopyFromUtf8(
            string.Create(CultureInfo.InvariantCulture, $$"""{"sensor":"s{{reading.Sensor}}","level":{{level}},"number":{{reading.Number}}}""")),
    };

    private static KeyColumn Keys()
    {
        var column = new KeyColumn { JoinKey = "sensor" };
        column.Values.AddRange(Enumerable.Range(0, Sensors).Select(sensor => new Value { StringValue = $"s{sensor}" }));
        return column;
    }
}
