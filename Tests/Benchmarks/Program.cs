using System.Text.Json.Nodes;
using CloudNativeAi.Benchmarks;
using CloudNativeAi.Benchmarks.FeatureStore;
using CloudNativeAi.Benchmarks.Inference;
using CloudNativeAi.Benchmarks.Ingestion;

if (args is [EchoServer.Argument])
{
    EchoServer.Run();
    return 0;
}

// One line a benchmark: its name, what it must reach, and how to make it.
var benchmarks = new Dictionary<string, (string Goal, Func<IBenchmark> Create)>(StringComparer.Ordinal)
{
    ["ingest"] = ("at least 0.5 of a binary COPY of the same rows", () => new IngestBenchmark()),
    ["online"] = ("at least 0.5 of a bare MGET of the same keys; p99 of one entity below 2 times the MGET's", () => new OnlineBenchmark()),
    ["stream"] = ("p99 from event to online feature below 250 ms at 5,000 events/s", () => new StreamBenchmark()),
    ["training-set"] = ("at most 1.3 times a hand-written ASOF JOIN over the same Parquet", () => new TrainingSetBenchmark()),
    ["infer"] = ("at least 0.85 of an empty gRPC echo of the same messages", () => new InferBenchmark()),
    ["infer-1"] = ("at most 1.5 times the echo's p50, one request at a time", () => new InferOneBenchmark()),
    ["infer-stream"] = ("at least 1.5 times the unary echo", () => new InferStreamBenchmark()),
    ["infer-batch"] = ("at least 0.9 of ONNX Runtime in this process", () => new InferBatchBenchmark()),
    ["predict-entity"] = ("at least 0.5 of tensor requests to the same model", () => new PredictEntityBenchmark()),
    ["infer-swap"] = ("p99 at most 1.2 times that without swaps, no request failed, memory_growth at most 1.05", () => new InferSwapBenchmark()),
    ["infer-poisson"] = ("p99 of random arrivals at most 1.5 times that of even ones", () => new InferPoissonBenchmark()),
    ["infer-overload"] = ("at least 0.9 of the capacity, three times as much offered; p99_ms below deadline_ms, memory_growth at most 1.05", () => new InferOverloadBenchmark()),
    ["peers"] = ("gRPC at least 5 times grpc-js and FastAPI, REST at least 1.4 times fastify and 3 times FastAPI; lower p99", () => new PeersBenchmark()),
};

if (args is not [var name, ..] || !benchmarks.TryGetValue(name, out var benchmark))
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project Tests/Benchmarks -- <name> [--quick]\n");
    foreach (var (known, (goal, _)) in benchmarks)
    {
        Console.Error.WriteLine($"  {known,-16}{goal}");
    }

    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};

var result = await benchmark.Create().RunAsync(quick: args.Contains("--quick"), stop.Token);

// The last line is for programs: {"bench":"<name>","ratio":<ours/ceiling>,...}
var line = new JsonObject { ["bench"] = name };
foreach (var (key, value) in result)
{
    line[key] = Math.Round(value, 4);
}

Console.WriteLine(line.ToJsonString());
return 0;
