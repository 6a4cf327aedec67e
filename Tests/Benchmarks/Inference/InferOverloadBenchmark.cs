using CloudNativeAi.Contracts.OpenInference;
using Grpc.Core;
using Grpc.Net.Client;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// Three times as many requests as can be run, each with a deadline: what is answered in time, against what a closed loop gets answered.
/// The requests have many rows and the model one instance, so that the model is what is short, not the client.
/// </summary>
internal sealed class InferOverloadBenchmark : IBenchmark
{
    private const int Rows = 256;
    private const int Overload = 3;

    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(200);

    // The longest wait before a run, which leaves the rest of the deadline to the run and the way back.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(signature: null, [("Models__Instances", "1")], cancellationToken);
        // More requests in flight than one connection has streams.
        using var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        using var channel = GrpcChannel.ForAddress(server.Process.Grpc, new GrpcChannelOptions { HttpHandler = handler });
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        double[][] rows = [.. Enumerable.Range(0, Rows).Select(BenchmarkModel.Row)];
        var request = BenchmarkModel.Request(rows);
        BenchmarkModel.Check(await client.ModelInferAsync(request, cancellationToken: cancellationToken), rows);
        var urgent = request.Clone();
        urgent.Parameters["timeout"] = new InferParameter { Int64Param = (long)Patience.TotalMicroseconds };

        Task<List<double>> ClosedAsync(TimeSpan duration) =>
            InferLoad.ClosedLoopAsync(InferBenchmark.InFlight, duration, _ => client.ModelInferAsync(request, cancellationToken: cancellationToken).ResponseAsync, cancellationToken);

        async Task<bool> AskAsync()
        {
            try
            {
                await client.ModelInferAsync(urgent, deadline: DateTime.UtcNow + Deadline, cancellationToken: cancellationToken);
                return true;
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Unavailable)
            {
                return false;
            }
        }

        var duration = TimeSpan.FromSeconds(quick ? 2 : 5);
        var capacity = (await ClosedAsync(TimeSpan.FromSeconds(4))).Count / 4.0;
        await OpenLoop.RunAsync(OpenLoop.Poisson(Overload * capacity, duration, seed: 1), _ => AskAsync());
        var before = server.Process.WorkingSet;
        List<double> latencies = [];
        var (seed, offered) = (1, 0);

        Console.WriteLine($"{Rows} rows a request, {Overload} times the capacity offered; requests/s answered in time:");
        var result = await Pairs.MeasureAsync(
            quick ? 5 : 11,
            async _ =>
            {
                var instants = OpenLoop.Poisson(Overload * capacity, duration, ++seed);
                offered += instants.Length;
                var answered = await OpenLoop.RunAsync(instants, _ => AskAsync());
                latencies.AddRange(answered);
                return answered.Count(latency => latency <= Deadline.TotalMicroseconds) / duration.TotalSeconds;
            },
            async _ => capacity = (await ClosedAsync(duration)).Count / duration.TotalSeconds,
            cancellationToken);

        latencies.Sort();
        var p99 = latencies[latencies.Count * 99 / 100] / 1_000;
        var growth = (double)server.Process.WorkingSet / before;
        Console.WriteLine($"{latencies.Count:N0} of {offered:N0} answered, p99 {p99:N0} ms (deadline {Deadline.TotalMilliseconds:N0}); resident memory {before >> 20} MiB before, x {growth:N3} after.");
        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["goodput_per_s"] = result.Ours, ["capacity_per_s"] = result.Ceiling, ["p99_ms"] = p99,
            ["deadline_ms"] = Deadline.TotalMilliseconds, ["memory_growth"] = growth,
        };
    }
}
