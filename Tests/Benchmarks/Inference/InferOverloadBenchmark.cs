using CloudNativeAi.Benchmarks.Wire;
using CloudNativeAi.Contracts.OpenInference;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// Three times as many requests as can be run, each with a deadline that counts from the instant it should have been sent: what is answered in
/// time, against what a closed loop gets answered right before. The requests have many rows and the model one instance, so that the model is what
/// is short, not the client, which therefore is not pinned either. The first overload is the warm-up.
/// </summary>
internal sealed class InferOverloadBenchmark : IBenchmark
{
    private const int Rows = 256;
    private const int Overload = 3;

    // A server takes about a hundred requests at a time on each; more wait for an instance.
    private const int Connections = 8;

    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(200);

    // The longest wait before a run, which leaves the rest of the deadline to the run and the way back.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(signature: null, [("Models__Instances", "1")], cancellationToken);
        using var check = new InferLoad(server.Process.Grpc, InferBenchmark.Duration(quick));
        await check.CheckAsync(cancellationToken);
        var request = BenchmarkModel.Request([.. Enumerable.Range(0, Rows).Select(BenchmarkModel.Row)]);
        var urgent = request.Clone();
        urgent.Parameters["timeout"] = new InferParameter { Int64Param = (long)Patience.TotalMicroseconds };
        using var closed = new GrpcLoad(server.Process.Grpc, InferLoad.Method, [request], Connections);
        using var open = new GrpcLoad(server.Process.Grpc, InferLoad.Method, [urgent], Connections);

        var (seed, offered, capacity) = (0, 0, 0.0);
        List<double> latencies = [];
        List<long> memory = [];
        async Task<double> CapacityAsync(TimeSpan duration) => capacity = (await closed.ClosedAsync(InferBenchmark.InFlight, duration)).PerSecond;

        async Task<double> GoodputAsync(TimeSpan duration)
        {
            var instants = OpenLoop.Poisson(Overload * capacity, duration, ++seed);
            var answers = await open.AtInstantsAsync(instants, Deadline);
            offered += instants.Length;
            latencies.AddRange(answers.Latencies);
            memory.Add(server.Process.WorkingSet >> 20);
            return answers.Latencies.Count(latency => latency <= Deadline.TotalMicroseconds) / duration.TotalSeconds;
        }

        await CapacityAsync(TimeSpan.FromSeconds(6));
        await GoodputAsync(TimeSpan.FromSeconds(quick ? 6 : 12));
        (offered, latencies) = (0, []);
        memory.Clear();

        Console.WriteLine($"{Rows} rows a request, {Overload} times the capacity offered; requests/s answered within {Deadline.TotalMilliseconds:N0} ms:");
        var duration = TimeSpan.FromSeconds(quick ? 2 : 5);
        var result = await Pairs.MeasureAsync(
            quick ? 6 : 11, _ => GoodputAsync(duration), _ => Task.FromResult(capacity), cancellationToken, prepare: () => CapacityAsync(duration));

        latencies.Sort();
        var p99 = latencies[latencies.Count * 99 / 100] / 1_000;
        var growth = Memory.Growth(memory);
        Console.WriteLine($"{latencies.Count:N0} of {offered:N0} answered, p99 {p99:N0} ms (deadline {Deadline.TotalMilliseconds:N0}); resident memory after each, MiB: {string.Join(' ', memory)}.");
        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["goodput_per_s"] = result.Ours, ["capacity_per_s"] = result.Ceiling, ["p99_ms"] = p99,
            ["deadline_ms"] = Deadline.TotalMilliseconds, ["memory_growth"] = growth,
        };
    }
}
