using System.Diagnostics;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Modeling.Trees;
using Grpc.Net.Client;
using Microsoft.ML.OnnxRuntime;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>
/// Rows a second in requests of 1,024 rows, against ONNX Runtime in this process on the same rows, a run for each core at a time.
/// Twice as many requests are in flight: half of them travel while the others are computed.
/// </summary>
internal sealed class InferBatchBenchmark : IBenchmark
{
    private const int Rows = 1_024;

    private static readonly double[][] Batch = [.. Enumerable.Range(0, Rows).Select(BenchmarkModel.Row)];
    private static readonly double[] Flat = [.. Batch.SelectMany(row => row)];

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        await using var server = await InferenceServer.StartAsync(cancellationToken);
        using var channel = GrpcChannel.ForAddress(server.Process.Grpc);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        using var session = new InferenceSession(TreeEnsembleOnnx.Write(BenchmarkModel.Ensemble), options);
        var request = BenchmarkModel.Request(Batch);
        BenchmarkModel.Check(await client.ModelInferAsync(request, cancellationToken: cancellationToken), Batch);

        Console.WriteLine($"Requests of {Rows:N0} rows; rows/s:");
        var duration = InferBenchmark.Duration(quick);
        var result = await Pairs.MeasureAsync(
            InferBenchmark.Pairs(quick),
            token => RateAsync(2 * Environment.ProcessorCount, duration, async () => await client.ModelInferAsync(request, cancellationToken: token)),
            token => RateAsync(Environment.ProcessorCount, duration, () => RunAsync(session)),
            cancellationToken);

        return new Dictionary<string, double> { ["ratio"] = result.Ratio, ["rows_per_s"] = result.Ours, ["in_process_rows_per_s"] = result.Ceiling };
    }

    private static Task RunAsync(InferenceSession session)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(Flat, [Rows, BenchmarkModel.Features]);
        using var runOptions = new RunOptions();
        using var outputs = session.Run(runOptions, session.InputNames, [input], session.OutputNames);
        return Task.CompletedTask;
    }

    private static async Task<double> RateAsync(int inFlight, TimeSpan duration, Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(started) < duration; count++)
            {
                await run();
            }

            return count;
        })));
        return (double)counts.Sum() * Rows / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
