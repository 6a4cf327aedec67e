namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>Answers a second over one bidirectional stream, against unary requests to an empty echo, both with 64 in flight.</summary>
internal sealed class InferStreamBenchmark : IBenchmark
{
    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(cancellationToken);
        await using var echo = await EchoServer.StartAsync(cancellationToken);
        using var ours = new InferLoad(server.Process.Grpc, InferBenchmark.Duration(quick));
        using var ceiling = new InferLoad(echo.Grpc, InferBenchmark.Duration(quick));
        await ours.CheckAsync(cancellationToken);
        await InferBenchmark.WarmUpAsync(server, echo, cancellationToken);

        Console.WriteLine($"One stream, {InferBenchmark.InFlight} in flight; answers/s:");
        var result = await Pairs.MeasureAsync(
            InferBenchmark.Pairs(quick), token => ours.StreamAsync(InferBenchmark.InFlight, token), token => ceiling.UnaryAsync(InferBenchmark.InFlight, token), cancellationToken);

        return new Dictionary<string, double> { ["ratio"] = result.Ratio, ["answers_per_s"] = result.Ours, ["echo_requests_per_s"] = result.Ceiling };
    }
}
