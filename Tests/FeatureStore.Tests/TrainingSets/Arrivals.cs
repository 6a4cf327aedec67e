using System.Text.Json;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.FeatureStore.Tests.Transformations;
using Google.Protobuf;

namespace CloudNativeAi.FeatureStore.Tests.TrainingSets;

/// <summary>The source of labels of the functional tests: for each departure, two hours and some minutes later, what became of it.</summary>
internal static class Arrivals
{
    public const string Source = "arrivals";

    public const string Yaml = Departures.Yaml +
        """

        labels:
          - { name: late, source: arrivals, entity_timestamp: scheduled, value: delay > 15 }
        """;

    public static Source Declaration { get; } = new()
    {
        Name = Source,
        Availability = Availability.Live,
        Fields =
        {
            new SourceField { Name = "origin", Type = ValueType.String, Nullable = true },
            new SourceField { Name = "scheduled", Type = ValueType.Timestamp },
            new SourceField { Name = "delay", Type = ValueType.Double, Nullable = true },
        },
    };

    /// <summary>Rows of a training set: by entity timestamp, then event id.</summary>
    public static IComparer<(long EntityTimestamp, string EventId)> RowOrder { get; } = Comparer<(long EntityTimestamp, string EventId)>.Create(
        (left, right) => left.EntityTimestamp != right.EntityTimestamp ? left.EntityTimestamp.CompareTo(right.EntityTimestamp) : string.CompareOrdinal(left.EventId, right.EventId));

    /// <summary>When the label of a departure is known: live, so not before it is in the log.</summary>
    public static long KnownMicros(FeatureEvent departure) => departure.EventTimestamp + (2 * Durations.Hour) + (departure.Position % 7 * Durations.Minute);

    public static IEnumerable<LoggedEvent> Of(IEnumerable<FeatureEvent> departures) => departures.Select(item => new LoggedEvent
    {
        Position = item.Position,
        Id = $"e{item.Position}",
        EventTimestampMicros = item.EventTimestamp + (2 * Durations.Hour),
        CreatedTimestampMicros = KnownMicros(item),
        Payload = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(new { origin = item.Key, scheduled = item.EventTimestamp, delay = item.Delay })),
    });

    public static CreateTrainingSetRequest Request(IReadOnlyCollection<FeatureEvent> departures) => new()
    {
        FeatureService = "delays",
        Label = "late",
        FromMicros = departures.Min(item => item.EventTimestamp),
        ToMicros = departures.Max(item => item.EventTimestamp) + 1,
        LabelKnownUntilMicros = departures.Max(KnownMicros),
    };
}
