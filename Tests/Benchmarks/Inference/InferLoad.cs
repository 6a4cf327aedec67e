using System.Diagnostics;
using System.Threading.Channels;
using CloudNativeAi.Contracts.OpenInference;
using Grpc.Core;
using Grpc.Net.Client;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>A client that keeps a number of requests in flight, closed loop, over one connection.</summary>
internal sealed class InferLoad(Uri address, TimeSpan duration) : IDisposable
{
    public const string Method = "/inference.GRPCInferenceService/ModelInfer";

    public static readonly ModelInferRequest[] Requests = [.. Enumerable.Range(0, 64).Select(row => BenchmarkModel.Request(BenchmarkModel.Row(row)))];

    private static readonly WriteOptions Buffered = new(WriteFlags.BufferHint);

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address);

    /// <summary>Unary requests a second.</summary>
    public async Task<double> UnaryAsync(int inFlight, CancellationToken cancellationToken) => (await UnaryLatenciesAsync(inFlight, cancellationToken)).Count / duration.TotalSeconds;

    /// <summary>Microseconds of each unary request.</summary>
    public Task<List<double>> UnaryLatenciesAsync(int inFlight, CancellationToken cancellationToken)
    {
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        return ClosedLoopAsync(inFlight, duration, i => client.ModelInferAsync(Requests[i % Requests.Length], cancellationToken: cancellationToken).ResponseAsync, cancellationToken);
    }

    /// <summary>Microseconds of each call, where as many loops as <paramref name="inFlight"/> call again as soon as they are answered.</summary>
    /// <param name="call">Gets a number that grows with each call of its loop.</param>
    public static async Task<List<double>> ClosedLoopAsync(int inFlight, TimeSpan duration, Func<int, Task> call, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var latencies = await Task.WhenAll(Enumerable.Range(0, inFlight).Select(loop => Task.Run(
            async () =>
            {
                var own = new List<double>();
                for (var i = loop; Stopwatch.GetElapsedTime(started) < duration; i++)
                {
                    var sent = Stopwatch.GetTimestamp();
                    await call(i);
                    own.Add(Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
                }

                return own;
            },
            cancellationToken)));
        return [.. latencies.SelectMany(own => own)];
    }

    /// <summary>Answers a second over one bidirectional stream.</summary>
    public async Task<double> StreamAsync(int inFlight, CancellationToken cancellationToken)
    {
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        using var stream = client.ModelStreamInfer(cancellationToken: cancellationToken);
        var room = Channel.CreateBounded<bool>(inFlight);
        var started = Stopwatch.GetTimestamp();
        var reading = Task.Run(
            async () =>
            {
                var answers = 0;
                await foreach (var answer in stream.ResponseStream.ReadAllAsync(cancellationToken))
                {
                    if (answer.ErrorMessage.Length > 0)
                    {
                        throw new InvalidOperationException(answer.ErrorMessage);
                    }

                    answers++;
                    room.Reader.TryRead(out _);
                }

                return answers;
            },
            cancellationToken);
        for (var i = 0; Stopwatch.GetElapsedTime(started) < duration; i++)
        {
            await room.Writer.WriteAsync(true, cancellationToken);
            // Together with the next one where there is room for it already.
            stream.RequestStream.WriteOptions = room.Reader.Count < inFlight ? Buffered : null;
            await stream.RequestStream.WriteAsync(Requests[i % Requests.Length], cancellationToken);
        }

        // Sends what is still buffered, too.
        await stream.RequestStream.CompleteAsync();
        var answers = await reading;
        return answers / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Every row is answered as the model answers it.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        await Parallel.ForEachAsync(Enumerable.Range(0, Requests.Length), cancellationToken, async (row, token) =>
            BenchmarkModel.Check(await client.ModelInferAsync(Requests[row], cancellationToken: token), BenchmarkModel.Row(row)));
    }

    public void Dispose() => _channel.Dispose();
}
