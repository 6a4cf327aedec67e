namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>The median latency with one request in flight, against an empty echo of the same messages. The ratio is better when it is lower.</summary>
internal sealed class InferOneBenchmark : IBenchmark
{
    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(cancellationToken);
        await using var echo = await EchoServer.StartAsync(cancellationToken);
        using var ours = new InferLoad(server.Process.Grpc, InferBenchmark.Duration(quick));
        using var ceiling = new InferLoad(echo.Grpc, InferBenchmark.Duration(quick));
        await ours.CheckAsync(cancellationToken);
        await InferBenchmark.WarmUpAsync(server, echo, cancellationToken);

        Console.WriteLine("One request in flight; median latency, us:");
        var result = await Pairs.MeasureAsync(InferBenchmark.Pairs(quick), token => MedianAsync(ours, token), token => MedianAsync(ceiling, token), cancellationToken);

        return new Dictionary<string, double> { ["ratio"] = result.Ratio, ["p50_us"] = result.Ours, ["echo_p50_us"] = result.Ceiling };
    }

    private static async Task<double> MedianAsync(InferLoad load, CancellationToken cancellationToken) =>
        Pairs.Median(await load.UnaryLatenciesAsync(inFlight: 1, cancellationToken));
}
