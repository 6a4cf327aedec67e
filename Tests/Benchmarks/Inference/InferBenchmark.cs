namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// Unary gRPC requests a second, one row of 20 features through 200 trees, 64 in flight, against an empty echo of the same messages.
/// Client, service and echo are three processes.
/// </summary>
internal sealed class InferBenchmark : IBenchmark
{
    public const int InFlight = 64;

    public static TimeSpan Duration(bool quick) => TimeSpan.FromSeconds(quick ? 1.5 : 3);

    public static int Pairs(bool quick) => quick ? 7 : 11;

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(cancellationToken);
        await using var echo = await EchoServer.StartAsync(cancellationToken);
        using var ours = new InferLoad(server.Process.Grpc, Duration(quick));
        using var ceiling = new InferLoad(echo.Grpc, Duration(quick));
        await ours.CheckAsync(cancellationToken);
        await WarmUpAsync(server, echo, cancellationToken);

        Console.WriteLine($"One row of {BenchmarkModel.Features} features, {InFlight} in flight; requests/s:");
        var result = await Benchmarks.Pairs.MeasureAsync(
            Pairs(quick), token => ours.UnaryAsync(InFlight, token), token => ceiling.UnaryAsync(InFlight, token), cancellationToken);

        // Processor time says more than rates do where others use the machine too.
        var allocated = await server.AllocatedBytesAsync(cancellationToken);
        var (latencies, microseconds) = await CostAsync(server.Process, ours, cancellationToken);
        var bytes = (await server.AllocatedBytesAsync(cancellationToken) - allocated) / latencies.Count;
        var (_, echoMicroseconds) = await CostAsync(echo, ceiling, cancellationToken);
        latencies.Sort();
        var p99 = latencies[latencies.Count * 99 / 100];
        await ours.CheckAsync(cancellationToken);

        Console.WriteLine($"Of the service, per request: {bytes:N0} bytes allocated, {microseconds:N1} us of processor time (echo: {echoMicroseconds:N1}); p99 {p99:N0} us.");
        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["requests_per_s"] = result.Ours, ["echo_requests_per_s"] = result.Ceiling,
            ["allocated_bytes_per_request"] = bytes, ["processor_us_per_request"] = microseconds, ["echo_processor_us_per_request"] = echoMicroseconds, ["p99_us"] = p99,
        };
    }

    /// <summary>Both at once, until little is compiled any more: the service has several times the code of the echo.</summary>
    public static Task WarmUpAsync(InferenceServer server, ServiceProcess echo, CancellationToken cancellationToken) => WarmUp.RunAsync(
        [server.Process],
        async time =>
        {
            using var ours = new InferLoad(server.Process.Grpc, time);
            using var ceiling = new InferLoad(echo.Grpc, time);
            await Task.WhenAll(ours.UnaryAsync(InFlight, cancellationToken), ceiling.UnaryAsync(InFlight, cancellationToken), ours.StreamAsync(InFlight, cancellationToken));
        },
        cancellationToken);

    private static async Task<(List<double> Latencies, double ProcessorMicroseconds)> CostAsync(ServiceProcess process, InferLoad load, CancellationToken cancellationToken)
    {
        var before = process.ProcessorTime;
        var latencies = await load.UnaryLatenciesAsync(InFlight, cancellationToken);
        return (latencies, (process.ProcessorTime - before).TotalMicroseconds / latencies.Count);
    }
}
