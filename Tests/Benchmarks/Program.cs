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

// One line a benchmark: its name and how to make it.
var benchmarks = new Dictionary<string, Func<IBenchmark>>(StringComparer.Ordinal)
{
    ["ingest"] = () => new IngestBenchmark(),
    ["online"] = () => new OnlineBenchmark(),
    ["training-set"] = () => new TrainingSetBenchmark(),
    ["infer"] = () => new InferBenchmark(),
    ["infer-1"] = () => new InferOneBenchmark(),
    ["infer-stream"] = () => new InferStreamBenchmark(),
    ["infer-batch"] = () => new InferBatchBenchmark(),
    ["predict-entity"] = () => new PredictEntityBenchmark(),
    ["infer-poisson"] = () => new InferPoissonBenchmark(),
    ["infer-overload"] = () => new InferOverloadBenchmark(),
};

if (args is not [var name, ..] || !benchmarks.TryGetValue(name, out var create))
{
    Console.Error.WriteLine($"usage: dotnet run -c Release --project Tests/Benchmarks -- <name> [--quick]\nnames: {string.Join(", ", benchmarks.Keys)}");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};

var result = await create().RunAsync(quick: args.Contains("--quick"), stop.Token);

// The last line is for programs: {"bench":"<name>","ratio":<ours/ceiling>,...}
var line = new JsonObject { ["bench"] = name };
foreach (var (key, value) in result)
{
    line[key] = Math.Round(value, 4);
}

Console.WriteLine(line.ToJsonString());
return 0;
