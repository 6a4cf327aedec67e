using System.Globalization;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using Grpc.Core;
using Grpc.Net.Client;

namespace CloudNativeAi.Benchmarks.FeatureStore;

/// <summary>
/// From the instant an event should have been sent to the moment an online read shows it, while events come at a steady rate whatever becomes
/// of those before. Every second batch is looked for, by its last event. Client, Ingestion, FeatureStore and the stores are processes of their own.
/// </summary>
internal sealed class StreamBenchmark : IBenchmark
{
    private const int EventsPerBatch = 50;
    private const int BatchesPerSecond = 100;
    private const string Feature = "latest:f0";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    private int _nextEvent;
    private int _refused;

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var plane = await FeaturePlane.StartAsync(cancellationToken);
        using var ingestion = GrpcChannel.ForAddress(plane.Ingestion.Grpc);
        using var features = GrpcChannel.ForAddress(plane.FeatureStore.Grpc);
        var events = new EventIngestion.EventIngestionClient(ingestion);
        var retrieval = new FeatureRetrieval.FeatureRetrievalClient(features);

        async Task<bool> SendAndFindAsync(int number)
        {
            var (batch, last) = NextBatch();
            try
            {
                await events.IngestEventsAsync(batch, cancellationToken: cancellationToken);
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.ResourceExhausted)
            {
                Interlocked.Increment(ref _refused);
                return false;
            }

            if (number % 2 == 1)
            {
                return false;
            }

            while (await ReadAsync(retrieval, last % FeaturePlane.Entities, cancellationToken) < last)
            {
                await Task.Delay(PollInterval, cancellationToken);
            }

            return true;
        }

        Console.WriteLine($"{EventsPerBatch * BatchesPerSecond:N0} events/s in batches of {EventsPerBatch}, two views of ten features; event to online feature, ms:");
        // The services compile their hot paths while they are under load.
        await OpenLoop.RunAsync(OpenLoop.Uniform(BatchesPerSecond, TimeSpan.FromSeconds(20)), SendAndFindAsync);
        _refused = 0;
        List<(double P50, double P99)> rounds = [];
        var duration = TimeSpan.FromSeconds(quick ? 5 : 20);
        for (var round = 1; round <= (quick ? 3 : 5); round++)
        {
            var latencies = await OpenLoop.RunAsync(OpenLoop.Uniform(BatchesPerSecond, duration), SendAndFindAsync);
            rounds.Add((Percentile(latencies, 50), Percentile(latencies, 99)));
            Console.WriteLine($"round {round}: {latencies.Count:N0} events found, p50 {rounds[^1].P50:N0}, p99 {rounds[^1].P99:N0}");
        }

        return new Dictionary<string, double>
        {
            ["p99_ms"] = Pairs.Median(rounds.Select(round => round.P99)), ["p50_ms"] = Pairs.Median(rounds.Select(round => round.P50)),
            ["events_per_s"] = EventsPerBatch * BatchesPerSecond,
            ["refused_batches"] = _refused,
        };
    }

    // The value says which event it is, and later ones are later in time.
    private (IngestEventsRequest Batch, int Last) NextBatch()
    {
        var end = Interlocked.Add(ref _nextEvent, EventsPerBatch);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000;
        var batch = new IngestEventsRequest { Source = FeaturePlane.Source };
        for (var number = end - EventsPerBatch; number < end; number++)
        {
            var value = (double)number;
            batch.Events.Add(FeaturePlane.Event(string.Create(CultureInfo.InvariantCulture, $"s{number}"), now + (number % 1_000), number % FeaturePlane.Entities, _ => value));
        }

        return (batch, end - 1);
    }

    private static async Task<double> ReadAsync(FeatureRetrieval.FeatureRetrievalClient retrieval, int entity, CancellationToken cancellationToken)
    {
        var request = FeaturePlane.Request([entity]);
        request.FeatureService = "";
        request.Features.Add(Feature);
        return (await retrieval.GetOnlineFeaturesAsync(request, cancellationToken: cancellationToken)).Columns[0].Doubles[0];
    }

    private static double Percentile(List<double> sorted, int percent) => sorted[sorted.Count * percent / 100] / 1_000;
}
