using System.Threading.Channels;

namespace CloudNativeAi.Inference;

/// <summary>Answers a request of a stream.</summary>
/// <param name="isFollowed">The next request is there already.</param>
internal delegate Task<TResponse> AnswerOne<TRequest, TResponse>(TRequest request, bool isFollowed, CancellationToken cancellationToken);

/// <summary>Writes an answer to a stream.</summary>
/// <param name="isFollowed">The next answer is there already: one need not be sent by itself.</param>
internal delegate Task WriteOne<TResponse>(TResponse response, bool isFollowed, CancellationToken cancellationToken);

/// <summary>Answers a stream of requests in its order, a bounded number of them at a time.</summary>
internal static class OrderedStream
{
    private const int MaxInFlight = 64;

    public static async Task RunAsync<TRequest, TResponse>(
        IAsyncEnumerable<TRequest> requests, AnswerOne<TRequest, TResponse> answer, WriteOne<TResponse> write, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // One is being awaited by the writer, and one is held by the reader that waits for room.
        var inFlight = Channel.CreateBounded<Task<TResponse>>(new BoundedChannelOptions(MaxInFlight - 1) { SingleReader = true, SingleWriter = true });
        var writing = WriteAllAsync(inFlight.Reader, write, ended);
        await using (var reader = requests.GetAsyncEnumerator(ended.Token))
        {
            // Read one ahead: whether there is one decides how the one before it is run.
            var next = reader.MoveNextAsync().AsTask();
            try
            {
                while (await next)
                {
                    var request = reader.Current;
                    next = reader.MoveNextAsync().AsTask();
                    await inFlight.Writer.WriteAsync(answer(request, next.IsCompleted, ended.Token), ended.Token);
                }

                inFlight.Writer.Complete();
            }
            catch (Exception exception)
            {
                inFlight.Writer.TryComplete(exception);
                await ended.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await writing;
    }

    private static async Task WriteAllAsync<TResponse>(ChannelReader<Task<TResponse>> inFlight, WriteOne<TResponse> write, CancellationTokenSource ended)
    {
        try
        {
            await foreach (var answer in inFlight.ReadAllAsync(ended.Token))
            {
                var response = await answer;
                var isFollowed = inFlight.TryPeek(out var following) && following.IsCompletedSuccessfully;
                await write(response, isFollowed, ended.Token);
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
