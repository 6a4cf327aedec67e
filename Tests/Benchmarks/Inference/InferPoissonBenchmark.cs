using CloudNativeAi.Benchmarks.Wire;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// The p99 of unary requests that arrive as a Poisson process at 70 % of capacity, against that of evenly spaced ones at the same rate. The
/// capacity is what a closed loop gets answered, measured before every pair: others use the machine too. No process is pinned, since the client takes a small part of what the service takes;
/// both are measured, per request. The ratio is better when it is lower.
/// </summary>
internal sealed class InferPoissonBenchmark : IBenchmark
{
    private const double Share = 0.7;

    // A server takes about a hundred requests at a time on each; a stall of some milliseconds makes more wait.
    private const int Connections = 4;

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(cancellationToken);
        using var check = new InferLoad(server.Process.Grpc, InferBenchmark.Duration(quick));
        await check.CheckAsync(cancellationToken);
        using var load = new GrpcLoad(server.Process.Grpc, InferLoad.Method, InferLoad.Requests, Connections);
        var duration = InferBenchmark.Duration(quick);
        await load.ClosedAsync(InferBenchmark.InFlight, TimeSpan.FromSeconds(6));
        await load.AtInstantsAsync(OpenLoop.Poisson(2_000, TimeSpan.FromSeconds(3), seed: 0));

        var (seed, failed, rate, requests) = (0, 0, 0.0, 0);
        var (serverTime, clientTime) = (TimeSpan.Zero, TimeSpan.Zero);
        List<double> capacities = [];
        async Task<double> P99Async(double[] instants)
        {
            var (serverBefore, clientBefore) = (server.Process.ProcessorTime, Environment.CpuUsage.TotalTime);
            var answers = await load.AtInstantsAsync(instants);
            serverTime += server.Process.ProcessorTime - serverBefore;
            clientTime += Environment.CpuUsage.TotalTime - clientBefore;
            requests += instants.Length;
            failed += answers.Failed;
            return answers.P99;
        }

        Console.WriteLine($"Random and even arrivals at {Share:P0} of capacity; p99, us:");
        var result = await Pairs.MeasureAsync(
            InferBenchmark.Pairs(quick),
            _ => P99Async(OpenLoop.Poisson(rate, duration, ++seed)),
            _ => P99Async(OpenLoop.Uniform(rate, duration)),
            cancellationToken,
            async () =>
            {
                var closed = await load.ClosedAsync(InferBenchmark.InFlight, duration);
                capacities.Add(closed.PerSecond);
                rate = Share * closed.PerSecond;
                failed += closed.Failed;
            });

        var capacity = Pairs.Median(capacities);
        var (serverMicroseconds, clientMicroseconds) = (serverTime.TotalMicroseconds / requests, clientTime.TotalMicroseconds / requests);
        Console.WriteLine(
            $"Capacity {capacity:N0} requests/s ({capacities.Min():N0} to {capacities.Max():N0}); {failed} failed; "
            + $"processor time a request: service {serverMicroseconds:N1} us, client {clientMicroseconds:N1} us.");
        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["poisson_p99_us"] = result.Ours, ["uniform_p99_us"] = result.Ceiling,
            ["offered_per_s"] = Share * capacity, ["capacity_per_s"] = capacity, ["failed"] = failed,
            ["server_processor_us"] = serverMicroseconds, ["client_processor_us"] = clientMicroseconds,
        };
    }
}
