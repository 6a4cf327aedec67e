using System.Diagnostics;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// The p99 of unary requests that arrive as a Poisson process at 70 % of capacity, against that of evenly spaced ones at the same rate. The
/// ratio is better when it is lower.
/// </summary>
internal sealed class InferPoissonBenchmark : IBenchmark
{
    private const double Share = 0.7;

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(cancellationToken);
        using var load = new InferLoad(server.Process.Grpc, TimeSpan.FromSeconds(6));
        await load.CheckAsync(cancellationToken);
        await load.UnaryAsync(InferBenchmark.InFlight, cancellationToken);

        // Sending at given instants costs the client more than a closed loop does: what both can is found by offering more than that.
        var closed = await load.UnaryAsync(InferBenchmark.InFlight, cancellationToken);
        var duration = InferBenchmark.Duration(quick);
        var began = Stopwatch.GetTimestamp();
        var answered = await load.AtInstantsAsync(OpenLoop.Uniform(closed * 1.5, duration), cancellationToken);
        var capacity = answered.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
        var rate = Share * capacity;

        Console.WriteLine($"Capacity {capacity:N0} requests/s (closed loop: {closed:N0}), offered {rate:N0}; p99, us:");
        var (seed, refused) = (0, 0);
        async Task<double> P99Async(double[] instants, CancellationToken token)
        {
            var latencies = await load.AtInstantsAsync(instants, token);
            refused += instants.Length - latencies.Count;
            return latencies[latencies.Count * 99 / 100];
        }

        var result = await Pairs.MeasureAsync(
            InferBenchmark.Pairs(quick),
            token => P99Async(OpenLoop.Poisson(rate, duration, ++seed), token),
            token => P99Async(OpenLoop.Uniform(rate, duration), token),
            cancellationToken);

        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["poisson_p99_us"] = result.Ours, ["uniform_p99_us"] = result.Ceiling, ["offered_per_s"] = rate, ["capacity_per_s"] = capacity, ["refused"] = refused,
        };
    }
}
