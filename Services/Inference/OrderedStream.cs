using System.Threading.Channels;

namespace CloudNativeAi.Inference;

/// <summary>Answers a request of a stream.</summary>
/// <param name="isFollowed">The next request is there already.</param>
internal delegate Task<TResponse> AnswerOne<TRequest, TResponse>(TRequest request, bool isFollowed, CancellationToken cancellationToken);

/// <summary>Writes an answer to a stream.</summary>
/// <param name="isFollowed">The next answer is there already: one need not be sent by itself.</param>
internal delegate Task WriteOne<TResponse>(TResponse response, bool isFollowed, CancellationToken cancellationToken);

/// <summary>
/// Answers a stream of requests in its order, a bounded number of them at a time. Answers that are there at once are written where
/// the requests are read; only those that take time go through a queue to a writer of their own.
/// </summary>
internal static class OrderedStream
{
    private const int MaxInFlight = 64;

    public static async Task RunAsync<TRequest, TResponse>(
        IAsyncEnumerable<TRequest> requests, AnswerOne<TRequest, TResponse> answer, WriteOne<TResponse> write, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var queue = new AnswerQueue<TResponse>(write, ended);
        await using (var reader = requests.GetAsyncEnumerator(ended.Token))
        {
            // Read one ahead: whether there is one decides how the one before it is run.
            var next = reader.MoveNextAsync().AsTask();
            Task<TResponse>? ready = null;
            try
            {
                while (await next)
                {
                    var request = reader.Current;
                    next = reader.MoveNextAsync().AsTask();
                    var isFollowed = next.IsCompleted;
                    var answering = answer(request, isFollowed, ended.Token);
                    var isReady = answering.IsCompletedSuccessfully && queue.IsEmpty;
                    if (ready is not null)
                    {
                        await write(await ready, isReady, ended.Token);
                        ready = null;
                    }

                    if (!isReady)
                    {
                        await queue.AddAsync(answering);
                    }
                    else if (isFollowed)
                    {
                        // Its fellow is about to be there, and one packet carries both.
                        ready = answering;
                    }
                    else
                    {
                        await write(await answering, isFollowed: false, ended.Token);
                    }
                }

                if (ready is not null)
                {
                    await write(await ready, isFollowed: false, ended.Token);
                }

                queue.Complete();
            }
            catch (Exception exception)
            {
                queue.Complete(exception);
                await ended.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await queue.WrittenAsync();
    }

    // Answers that are not there yet, in order; written by a task of its own as they come.
    private sealed class AnswerQueue<TResponse>
    {
        // One is being awaited by the writer, and one is held by the reader that waits for room.
        private readonly Channel<Task<TResponse>> _answers = Channel.CreateBounded<Task<TResponse>>(
            new BoundedChannelOptions(MaxInFlight - 1) { SingleReader = true, SingleWriter = true });
        private readonly WriteOne<TResponse> _write;
        private readonly CancellationTokenSource _ended;
        private readonly Task _writing;
        private int _unwritten;

        public AnswerQueue(WriteOne<TResponse> write, CancellationTokenSource ended)
        {
            (_write, _ended) = (write, ended);
            _writing = WriteAllAsync();
        }

        /// <summary>Nothing is being written either.</summary>
        public bool IsEmpty => Volatile.Read(ref _unwritten) == 0;

        public ValueTask AddAsync(Task<TResponse> answer)
        {
            Interlocked.Increment(ref _unwritten);
            return _answers.Writer.WriteAsync(answer, _ended.Token);
        }

        public void Complete(Exception? exception = null) => _answers.Writer.TryComplete(exception);

        public Task WrittenAsync() => _writing;

        private async Task WriteAllAsync()
        {
            try
            {
                await foreach (var answer in _answers.Reader.ReadAllAsync(_ended.Token))
                {
                    var response = await answer;
                    var isFollowed = _answers.Reader.TryPeek(out var following) && following.IsCompletedSuccessfully;
                    await _write(response, isFollowed, _ended.Token);
                    Interlocked.Decrement(ref _unwritten);
                }
            }
            catch
            {
                // Nobody reads any more: the rest need not be computed.
                await _ended.CancelAsync();
                throw;
            }
        }
    }
}
