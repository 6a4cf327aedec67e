using System.Diagnostics;
using CloudNativeAi.Contracts.FeatureStore;
using Grpc.Net.Client;
using StackExchange.Redis;

namespace CloudNativeAi.Benchmarks.FeatureStore;

/// <summary>
/// gRPC GetOnlineFeatures of 100 entities x 20 features over 2 views, requests a second, against a bare MGET of the same keys from the same
/// server; then the p99 of one entity at 16 clients, again beside a bare MGET. Client, service and Redis are three processes.
/// </summary>
internal sealed class OnlineBenchmark : IBenchmark
{
    private const int Clients = 16;
    private const int BatchEntities = 100;

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var plane = await FeaturePlane.StartAsync(cancellationToken);
        using var channel = GrpcChannel.ForAddress(plane.FeatureStore.Grpc);
        var retrieval = new FeatureRetrieval.FeatureRetrievalClient(channel);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(plane.Redis);
        var database = redis.GetDatabase();
        var keys = await FeaturePlane.KeysByEntityAsync(redis, cancellationToken);
        var requests = Enumerable.Range(0, 64).Select(seed => FeaturePlane.Request(Sample(seed, BatchEntities))).ToArray();
        var mgets = Enumerable.Range(0, 64).Select(seed => Sample(seed, BatchEntities).SelectMany(entity => keys[entity]).ToArray()).ToArray();
        await CheckAsync(retrieval, requests[0]);

        await WarmUp.RunAsync(
            [plane.FeatureStore],
            time => LoadAsync(i => retrieval.GetOnlineFeaturesAsync(requests[i % 64], cancellationToken: cancellationToken).ResponseAsync, time, cancellationToken),
            cancellationToken);

        var duration = TimeSpan.FromSeconds(quick ? 1.5 : 3);
        Console.WriteLine($"{BatchEntities} entities x {FeaturePlane.Features} features over 2 views, {Clients} in flight; requests/s:");
        var batches = await Pairs.MeasureAsync(
            quick ? 5 : 11,
            async token => (await LoadAsync(i => retrieval.GetOnlineFeaturesAsync(requests[i % 64], cancellationToken: token).ResponseAsync, duration, token)).Count / duration.TotalSeconds,
            async token => (await LoadAsync(i => database.StringGetAsync(mgets[i % 64]), duration, token)).Count / duration.TotalSeconds,
            cancellationToken);

        var processor = plane.FeatureStore.ProcessorTime;
        var served = (await LoadAsync(i => retrieval.GetOnlineFeaturesAsync(requests[i % 64], cancellationToken: cancellationToken).ResponseAsync, duration, cancellationToken)).Count;
        var microseconds = (plane.FeatureStore.ProcessorTime - processor).TotalMicroseconds / served;
        Console.WriteLine($"Of the service, per request: {microseconds:N0} us of processor time.");

        var single = Enumerable.Range(0, FeaturePlane.Entities).Select(entity => FeaturePlane.Request([entity])).ToArray();
        Console.WriteLine($"1 entity, {Clients} clients; p99, us:");
        var p99 = await Pairs.MeasureAsync(
            quick ? 5 : 11,
            async token => Percentile(await LoadAsync(i => retrieval.GetOnlineFeaturesAsync(single[i % single.Length], cancellationToken: token).ResponseAsync, duration, token)),
            async token => Percentile(await LoadAsync(i => database.StringGetAsync(keys[i % keys.Length]), duration, token)),
            cancellationToken);

        await CheckAsync(retrieval, requests[0]);
        return new Dictionary<string, double>
        {
            ["ratio"] = batches.Ratio, ["requests_per_s"] = batches.Ours, ["mget_per_s"] = batches.Ceiling, ["processor_us_per_request"] = microseconds,
            ["p99_ratio"] = p99.Ratio, ["p99_us"] = p99.Ours, ["mget_p99_us"] = p99.Ceiling,
        };
    }

    private static int[] Sample(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(FeaturePlane.Entities))];
    }

    private static double Percentile(List<double> latencies)
    {
        latencies.Sort();
        return latencies[latencies.Count * 99 / 100];
    }

    /// <summary>Microseconds of each call of a closed loop.</summary>
    private static async Task<List<double>> LoadAsync(Func<int, Task> call, TimeSpan duration, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var latencies = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(
            async () =>
            {
                var own = new List<double>();
                for (var i = client * 7; Stopwatch.GetElapsedTime(started) < duration; i++)
                {
                    var sent = Stopwatch.GetTimestamp();
                    await call(i);
                    own.Add(Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
                }

                return own;
            },
            cancellationToken)));
        return [.. latencies.SelectMany(own => own)];
    }

    // A fast wrong answer is not an answer.
    private static async Task CheckAsync(FeatureRetrieval.FeatureRetrievalClient retrieval, GetOnlineFeaturesRequest request)
    {
        var response = await retrieval.GetOnlineFeaturesAsync(request);
        var wrong = response.Columns.FirstOrDefault(column => column.Statuses.Length != BatchEntities || column.Statuses.Any(status => status != (byte)FeatureStatus.Present));
        if (response.Columns.Count != FeaturePlane.Features || wrong is not null)
        {
            throw new InvalidOperationException($"{response.Columns.Count} columns; {wrong?.Name} is not there for every entity.");
        }
    }
}
