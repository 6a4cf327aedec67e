using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CloudNativeAi.Benchmarks.Wire;
using CloudNativeAi.Modeling.Trees;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// Inference beside what a user would pick instead (see peers/README.md): the same model.onnx, the same messages, the same client, 64 requests in
/// flight, on one connection with gRPC and on 64 with REST. Every server is a process of its own, free to use all processors; those that are not
/// measured are idle. The last line's ratio is of gRPC requests a second to grpc-js.
/// </summary>
internal sealed class PeersBenchmark : IBenchmark
{
    private static readonly string RestPath = $"/v2/models/{BenchmarkModel.Name}/infer";

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(cancellationToken);
        var directory = Directory.CreateTempSubdirectory("cnai-bench-");
        try
        {
            var model = Path.Combine(directory.FullName, "model.onnx");
            await File.WriteAllBytesAsync(model, TreeEnsembleOnnx.Write(BenchmarkModel.Ensemble), cancellationToken);
            var proto = Path.Combine(Repository.Root, "Services", "Contracts", "Inference", "open_inference.proto");
            await using var grpcJs = await PeerProcess.StartNodeAsync("grpc.mjs", [model, proto], cancellationToken);
            await using var fastify = await PeerProcess.StartNodeAsync("rest.mjs", [model], cancellationToken);
            await using var fastApi = await PeerProcess.StartPythonAsync("rest.py", "fastapi, uvicorn", [model], cancellationToken);

            var our = server.Process;
            var grpc = await GrpcAsync("grpc", "Inference, gRPC", our.Grpc, () => our.ProcessorTime, cancellationToken);
            var rest = await RestAsync("rest", "Inference, REST", our.Http, () => our.ProcessorTime, isModel: true, cancellationToken);
            var js = grpcJs is null ? null : await GrpcAsync("grpc_js", grpcJs.What, grpcJs.Address, () => grpcJs.ProcessorTime, cancellationToken);
            var node = fastify is null ? null : await RestAsync("fastify", fastify.What, fastify.Address, () => fastify.ProcessorTime, isModel: true, cancellationToken);
            var python = fastApi is null ? null : await RestAsync(
                "fastapi", fastApi.What, fastApi.Address, () => fastApi.ProcessorTime, isModel: !fastApi.What.Contains("no model", StringComparison.Ordinal), cancellationToken);

            List<Contender> all = [.. new[] { grpc, js, rest, node, python }.OfType<Contender>()];
            await MeasureAsync(all, quick, cancellationToken);
            return Compare(all, [(grpc, js), (grpc, python), (rest, node), (rest, python)]);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    // Each round begins with the next of them.
    private static async Task MeasureAsync(List<Contender> all, bool quick, CancellationToken cancellationToken)
    {
        // All at once, until little is compiled any more.
        await Task.WhenAll(all.Select(contender => contender.WarmUpAsync(TimeSpan.FromSeconds(quick ? 8 : 20))));

        for (var round = 0; round < (quick ? 5 : 11); round++)
        {
            for (var i = 0; i < all.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await all[(round + i) % all.Count].MeasureAsync(TimeSpan.FromSeconds(quick ? 1 : 3));
            }

            Console.WriteLine($"round {round + 1}, requests/s: {string.Join(", ", all.Select(contender => $"{contender.Key} {contender.PerSecond[^1]:N0}"))}");
        }
    }

    private static Dictionary<string, double> Compare(List<Contender> all, (Contender Ours, Contender? Theirs)[] comparisons)
    {
        foreach (var contender in all)
        {
            Console.WriteLine(
                $"{contender.What}: {Pairs.Median(contender.PerSecond):N0} requests/s, p99 {Pairs.Median(contender.P99):N0} us, "
                + $"{Pairs.Median(contender.Processor):N1} us of processor time a request");
        }

        var result = new Dictionary<string, double>();
        foreach (var (ours, theirs) in comparisons)
        {
            if (theirs is not null)
            {
                var rate = Contender.Ratio(ours.PerSecond, theirs.PerSecond);
                result.TryAdd("ratio", rate);
                result[$"{ours.Key}_to_{theirs.Key}"] = rate;
                result[$"{ours.Key}_to_{theirs.Key}_p99"] = Contender.Ratio(ours.P99, theirs.P99);
                result[$"{ours.Key}_to_{theirs.Key}_processor"] = Contender.Ratio(ours.Processor, theirs.Processor);
            }
        }

        foreach (var contender in all)
        {
            result[$"{contender.Key}_per_s"] = Pairs.Median(contender.PerSecond);
            result[$"{contender.Key}_p99_us"] = Pairs.Median(contender.P99);
        }

        return result;
    }

    private static async Task<Contender> GrpcAsync(string key, string what, Uri address, Func<TimeSpan> processorTime, CancellationToken cancellationToken)
    {
        using var check = new InferLoad(address, TimeSpan.Zero);
        await check.CheckAsync(cancellationToken);
        var load = new GrpcLoad(address, InferLoad.Method, InferLoad.Requests);
        return new Contender(key, what, duration => load.ClosedAsync(InferBenchmark.InFlight, duration), processorTime);
    }

    private static async Task<Contender> RestAsync(string key, string what, Uri address, Func<TimeSpan> processorTime, bool isModel, CancellationToken cancellationToken)
    {
        var rows = Enumerable.Range(0, InferLoad.Requests.Length).Select(BenchmarkModel.Row).ToArray();
        await CheckAsync(what, address, rows, isModel, cancellationToken);
        var load = new RestLoad(address, RestPath, rows.Select(Body), InferBenchmark.InFlight);
        return new Contender(key, what, load.ClosedAsync, processorTime);
    }

    private static string Body(double[] row) =>
        $$"""{"inputs":[{"name":"features","datatype":"FP64","shape":[1,{{row.Length}}],"data":[{{string.Join(',', row.Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}}]}]}""";

    // A fast wrong answer is not an answer.
    private static async Task CheckAsync(string what, Uri address, double[][] rows, bool isModel, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = address };
        foreach (var row in rows)
        {
            using var body = new StringContent(Body(row), Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync(new Uri(RestPath, UriKind.Relative), body, cancellationToken);
            var json = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken);
            var score = JsonNode.Parse(json)!["outputs"]![0]!["data"]![0]!.GetValue<double>();
            if (isModel && !(Math.Abs(score - BenchmarkModel.Ensemble.Score(row)) < 1e-9))
            {
                throw new InvalidOperationException($"{what}: {json}, but the model gives {BenchmarkModel.Ensemble.Score(row)}.");
            }
        }
    }
}
