using System.Threading.Channels;

namespace CloudNativeAi.Inference;

/// <summary>Answers a stream of requests in its order, a bounded number of them at a time.</summary>
internal static class OrderedStream
{
    private const int MaxInFlight = 64;

    public static async Task RunAsync<TRequest, TResponse>(
        IAsyncEnumerable<TRequest> requests,
        Func<TRequest, CancellationToken, Task<TResponse>> answer,
        Func<TResponse, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // One is being awaited by the writer, and one is held by the reader that waits for room.
        var inFlight = Channel.CreateBounded<Task<TResponse>>(new BoundedChannelOptions(MaxInFlight - 1) { SingleReader = true, SingleWriter = true });
        var writing = WriteAllAsync(inFlight.Reader, write, ended);
        try
        {
            await foreach (var request in requests.WithCancellation(ended.Token))
            {
                await inFlight.Writer.WriteAsync(answer(request, ended.Token), ended.Token);
            }

            inFlight.Writer.Complete();
        }
        catch (Exception exception)
        {
            inFlight.Writer.TryComplete(exception);
            await ended.CancelAsync();
        }

        await writing;
    }

    private static async Task WriteAllAsync<TResponse>(
        ChannelReader<Task<TResponse>> inFlight, Func<TResponse, CancellationToken, Task> write, CancellationTokenSource ended)
    {
        try
        {
            await foreach (var answer in inFlight.ReadAllAsync(ended.Token))
            {
                await write(await answer, ended.Token);
            }
        }
        catch
        {
            // Nobody reads any more: the rest need not be computed.
            await ended.CancelAsync();
            throw;
        }
    }
}
