using System.Collections.Concurrent;
using System.Text.Json;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Web.Display;

namespace CloudNativeAi.Web.Tests.Fakes;

/// <summary>What the fake services agree on: the flights sample in the middle of its replay. Totals grow with the clock.</summary>
public sealed class FlightsWorld(TimeProvider timeProvider)
{
    public const string Model = "flight_delay";
    public const string PredictionId = "0199f3a2-7c1e-7d40-9a55-3f1b2c4d5e6f";
    public const double EventsPerSecond = 1_240;
    public const double PredictionsPerSecond = 38;

    public static readonly DateTimeOffset ReplayNow = new(2013, 8, 14, 17, 0, 0, TimeSpan.Zero);

    public static readonly string[] FeatureNames =
    [
        "origin_departures:dep_delay_mean_1h", "origin_departures:dep_delay_count_1h", "origin_departures:dep_delay_max_3h",
        "destination_arrivals:arr_delay_mean_6h", "destination_arrivals:arr_delay_mean_24h", "carrier_arrivals:arr_delay_mean_3h",
        "carrier_departures:dep_delay_mean_12h", "aircraft_arrivals:arr_delay_mean_12h", "aircraft_last_arrival:arr_delay",
        "route_arrivals:arr_delay_mean_30d", "origin_weather:temp", "origin_weather:wind_speed", "origin_weather:visib",
        "aircraft_facts:seats", "minute_of_day", "day_of_week", "hours_since_last_arrival", "distance",
    ];

    private readonly DateTimeOffset _started = timeProvider.GetUtcNow();

    public Lock Gate { get; } = new();

    public Dictionary<string, int> Aliases { get; } = new() { ["champion"] = 7, ["challenger"] = 8 };

    public List<AliasChange> History { get; } = [];

    /// <summary>Of the model, as it was set last; used under the gate.</summary>
    public TrafficPolicy Traffic { get; set; } = new() { ChallengerShare = 0.1 };

    /// <summary>Grows with each change of the model; used under the gate.</summary>
    public long Revision { get; set; } = 21;

    /// <summary>Newest last; used under the gate.</summary>
    public List<AuditEntryDocument> Audit { get; } = [];

    /// <summary>By id; one that is absent waits.</summary>
    public ConcurrentDictionary<long, DeadLetterState> DeadLetterStates { get; } = [];

    /// <summary>By id; one that is absent is receiving.</summary>
    public ConcurrentDictionary<string, UploadJobState> UploadStates { get; } = [];

    public DateTimeOffset Now => timeProvider.GetUtcNow();

    public double Seconds => (Now - _started).TotalSeconds;

    public long NowMicros => Instants.ToMicros(Now);

    public long Ago(TimeSpan age) => Instants.ToMicros(Now - age);

    public static long Replay(TimeSpan before) => Instants.ToMicros(ReplayNow - before);

    public long Total(long before, double perSecond) => before + (long)(Seconds * perSecond);

    /// <summary>Newest first, as the registry lists it.</summary>
    public IReadOnlyList<AuditEntryDocument> ReadAudit()
    {
        lock (Gate)
        {
            return
            [
                .. Enumerable.Reverse(Audit),
                new(31, Ago(TimeSpan.FromMinutes(44)), "set_traffic_policy", "Watch it on a tenth.", "jana", Detail(new { challengerShare = 0.1, shadowChallenger = false })),
                new(30, Ago(TimeSpan.FromMinutes(47)), "set_traffic_policy", "Mirror it first.", "jana", Detail(new { challengerShare = 0.0, shadowChallenger = true })),
                new(29, Ago(TimeSpan.FromMinutes(48)), "set_alias", "Retrained on July; watch it beside the champion.", "training", Detail(new { alias = "challenger", fromVersion = 0, toVersion = 8 })),
                new(28, Ago(TimeSpan.FromMinutes(49)), "register_model_version", "", "training", Detail(new { version = 8 })),
                new(17, Ago(TimeSpan.FromDays(6)), "set_alias", "AUC 0.7298 against 0.7187 on the same 31,204 rows.", "jana", Detail(new { alias = "champion", fromVersion = 5, toVersion = 7 })),
            ];
        }
    }

    /// <summary>As the registry writes it.</summary>
    public static JsonElement Detail(object detail) => JsonSerializer.SerializeToElement(detail);

    public static Value Text(string text) => new() { StringValue = text };

    public static Value Number(double number) => new() { DoubleValue = number };

    public static Value Instant(long micros) => new() { TimestampMicros = micros };
}
