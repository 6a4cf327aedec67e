using System.Globalization;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Tests;

/// <summary>A source of departures and events for it.</summary>
internal static class Flights
{
    public const string Name = "departures";

    /// <summary>2014-01-01T00:00:00Z</summary>
    public const long NewYearMicros = 1_388_534_400_000_000;

    public static Source Source(string name = Name) => new()
    {
        Name = name,
        Description = "Departures at the gate",
        EventIdField = "flight_id",
        EventTimestampField = "departed",
        Fields =
        {
            new SourceField { Name = "flight_id", Type = ValueType.String },
            new SourceField { Name = "departed", Type = ValueType.Timestamp },
            new SourceField { Name = "carrier", Type = ValueType.String, Nullable = true },
            new SourceField { Name = "delay", Type = ValueType.Double, Nullable = true, Unit = "min", Minimum = -120, Maximum = 3_000 },
            new SourceField { Name = "seats", Type = ValueType.Int64, Nullable = true, Minimum = 0 },
            new SourceField { Name = "cancelled", Type = ValueType.Bool, Nullable = true },
        },
    };

    public static Event Event(long number) => new() { Payload = ByteString.CopyFromUtf8(Row(number)) };

    public static string Row(long number) => Row($"f{number:D8}", NewYearMicros + (number * 1_000_000), number % 60);

    public static string Row(string id, long micros, double delay) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"flight_id":"{{id}}","departed":{{micros}},"carrier":"AS","delay":{{delay}},"seats":150,"cancelled":false}""");

    public static IngestEventsRequest Batch(long first, int count, OnInvalid onInvalid = OnInvalid.RejectBatch, string source = Name) =>
        new() { Source = source, OnInvalid = onInvalid, Events = { Enumerable.Range(0, count).Select(offset => Event(first + offset)) } };

    public static async Task<List<LoggedEvent>> ReadAllAsync(this IngestionHost host, long after = 0, int batchSize = 0, string source = Name)
    {
        List<LoggedEvent> events = [];
        using var call = host.Log.ReadEvents(
            new ReadEventsRequest { Source = source, AfterPosition = after, BatchSize = batchSize }, cancellationToken: TestContext.Current.CancellationToken);
        await foreach (var batch in call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            events.AddRange(batch.Events);
        }

        return events;
    }

    public static async Task<SourceStatus> DeclareAsync(this IngestionHost host, Source? source = null) =>
        await host.Sources.PutSourceAsync(new PutSourceRequest { Source = source ?? Source() }, cancellationToken: TestContext.Current.CancellationToken);

    public static async Task<IngestEventsResponse> IngestAsync(this IngestionHost host, IngestEventsRequest request) =>
        await host.Events.IngestEventsAsync(request, cancellationToken: TestContext.Current.CancellationToken);

    public static async Task<SourceStatus> StatusAsync(this IngestionHost host, string source = Name) =>
        await host.Sources.GetSourceAsync(new GetSourceRequest { Name = source }, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Every position once, nothing between them, and the counters agree.</summary>
    public static void AssertReconciled(SourceStatus status, IReadOnlyList<LoggedEvent> events)
    {
        Assert.Equal(Enumerable.Range(1, events.Count).Select(position => (long)position), events.Select(e => e.Position));
        Assert.Equal(events.Count, events.Select(e => e.Id).Distinct().Count());
        Assert.Equal(status.HeadPosition, events.Count);
        Assert.Equal(status.Received, status.HeadPosition + status.Duplicates + status.DeadLetters + status.Refused);
        Assert.Equal(events.Select(e => e.CreatedTimestampMicros).Order(), events.Select(e => e.CreatedTimestampMicros));
    }
}
