using CloudNativeAi.Benchmarks.Wire;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Tests.Support;
using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Trees;
using CloudNativeAi.TestSupport;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// A thousand hot swaps of the champion under load (a hundred with --quick): the p99 of requests in stretches with ten swaps a second, against that in
/// stretches without. This process is the registry; of its versions more take turns than Inference keeps in memory and on disk, so that each
/// swap fetches, loads and warms up one and lets go of another. The ratio is better when it is lower.
/// </summary>
internal sealed class InferSwapBenchmark : IBenchmark
{
    // More than Models:MaxUnaliasedVersions and Models:MaxCachedVersions together.
    private const int Versions = 32;

    // Of what a closed loop gets answered: half, so that a swap has processor time to take.
    private const double Share = 0.5;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly FakeRegistry _registry = new();
    private int _champion = 1;

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var platform = await GrpcTestServer.StartAsync(services => services.AddSingleton(_registry), routes => routes.MapGrpcService<FakeRegistry>());
        for (var version = 1; version <= Versions; version++)
        {
            _registry.Add(BenchmarkModel.Name, (ModelFiles.Onnx, TreeEnsembleOnnx.Write(BenchmarkModel.Create(version))));
        }

        _registry.SetAlias(BenchmarkModel.Name, "champion", _champion);
        await using var server = await InferenceServer.StartAsync(signature: null, [("services__model-registry__grpc__0", platform.Address)], cancellationToken);
        using var channel = GrpcChannel.ForAddress(server.Process.Grpc);
        var status = new Prediction.PredictionClient(channel);
        using var load = new GrpcLoad(server.Process.Grpc, InferLoad.Method, InferLoad.Requests, connections: 4);

        var (perStretch, stretches) = quick ? (20, 5) : (50, 20);
        var (seed, failed, rate, offered) = (0, 0, 0.0, 0);
        async Task PrepareAsync() => rate = Share * (await load.ClosedAsync(InferBenchmark.InFlight, TimeSpan.FromSeconds(1))).PerSecond;

        async Task<double> P99Async(int swaps, CancellationToken token)
        {
            var instants = OpenLoop.Poisson(rate, perStretch * Interval, ++seed);
            var swapping = PaceAsync(status, swaps, perStretch, token);
            var answers = await load.AtInstantsAsync(instants);
            await swapping;
            offered += instants.Length;
            failed += answers.Failed;
            return answers.P99;
        }

        // Until little is compiled any more, and what is kept of former versions is as much as it will be.
        var warmUp = TimeSpan.FromSeconds(quick ? 8 : 20);
        var warming = load.ClosedAsync(InferBenchmark.InFlight, warmUp);
        await PaceAsync(status, (int)(warmUp / Interval), (int)(warmUp / Interval), cancellationToken);
        failed += (await warming).Failed;
        var processor = server.Process.ProcessorTime;
        await PaceAsync(status, Versions, Versions, cancellationToken);
        var milliseconds = (server.Process.ProcessorTime - processor).TotalMilliseconds / Versions;
        List<long> memory = [];

        Console.WriteLine($"{perStretch} swaps in {(perStretch * Interval).TotalSeconds:N0} s, and none in as long; p99, us:");
        var result = await Pairs.MeasureAsync(
            stretches,
            async token =>
            {
                var p99 = await P99Async(perStretch, token);
                memory.Add(server.Process.WorkingSet >> 20);
                return p99;
            },
            token => P99Async(0, token),
            cancellationToken,
            PrepareAsync);

        var growth = Memory.Growth(memory);
        Console.WriteLine(
            $"{perStretch * memory.Count:N0} swaps, {failed} of {offered:N0} requests failed; {milliseconds:N1} ms of processor time a swap; "
            + $"resident memory after each stretch, MiB: {string.Join(' ', memory)}.");
        return new Dictionary<string, double>
        {
            ["ratio"] = result.Ratio, ["swap_p99_us"] = result.Ours, ["steady_p99_us"] = result.Ceiling, ["swaps"] = perStretch * memory.Count,
            ["failed"] = failed, ["swap_processor_ms"] = milliseconds, ["offered_per_s"] = rate, ["memory_growth"] = growth,
        };
    }

    // One step an interval, each of which ends when the champion serves; a step without a swap asks what serves all the same.
    private async Task PaceAsync(Prediction.PredictionClient status, int swaps, int steps, CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(Interval);
        for (var step = 0; step < steps; step++)
        {
            if (step < swaps)
            {
                _champion = (_champion % Versions) + 1;
                _registry.SetAlias(BenchmarkModel.Name, "champion", _champion);
            }

            while (!await IsServedAsync(status, cancellationToken))
            {
                await Task.Delay(10, cancellationToken);
            }

            await pace.WaitForNextTickAsync(cancellationToken);
        }
    }

    private async Task<bool> IsServedAsync(Prediction.PredictionClient client, CancellationToken cancellationToken)
    {
        var status = await client.GetServingStatusAsync(new GetServingStatusRequest(), cancellationToken: cancellationToken);
        return status.Models.Any(model => model.Version == _champion && model.Aliases.Contains("champion") && model.State == "READY");
    }
}
