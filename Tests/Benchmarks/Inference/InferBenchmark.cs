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

        Console.WriteLine($"One row of {BenchmarkModel.Features} features, {InFlight} in flight; requests/s:");
        var result = await Benchmarks.Pairs.MeasureAsync(
            Pairs(quick), token => ours.UnaryAsync(InFlight, token), token => ceiling.UnaryAsync(InFlight, token), cancellationToken);

        var (allocated, processor) = (await server.AllocatedBytesAsync(cancellationToken), server.Process.ProcessorTime);
        var latencies = await ours.UnaryLatenciesAsync(InFlight, cancellationToken);
        var bytes = (await server.AllocatedBytesAsync(cancellationToken) - allocated) / latencies.Count;
        var microseconds = (server.Process.ProcessorTime - processor).TotalMicroseconds / latencies.Count;
        latencies.Sort();
        var p99 = latencies[latencies.Count * 99 / 100];
        await ours.CheckAsync(cancellationToken);

        Console.WriteLine($"Of the service, per request: {bytes:N0} bytes allocated, {microseconds:N1} us of processor time; p99 {p99:N0} us.");
        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["requests_per_s"] = result.Ours, ["echo_requests_per_s"] = result.Ceiling,
            ["allocated_bytes_per_request"] = bytes, ["processor_us_per_request"] = microseconds, ["p99_us"] = p99,
        };
    }
}
