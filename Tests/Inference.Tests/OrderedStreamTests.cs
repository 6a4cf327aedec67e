using System.Threading.Channels;

namespace CloudNativeAi.Inference.Tests;

public sealed class OrderedStreamTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Requests that come in bursts, of which some are answered at once and some later.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    public async Task Answers_come_in_order_and_none_stays_behind(int seed, int slowOfThree)
    {
        var random = new Random(seed);
        var requests = Channel.CreateUnbounded<int>();
        var written = new List<(int Answer, bool IsFollowed)>();
        var stream = OrderedStream.RunAsync<int, int>(
            requests.Reader.ReadAllAsync(CancellationToken),
            (request, _, _) => random.Next(3) < slowOfThree ? LaterAsync(request) : Task.FromResult(request),
            (answer, isFollowed, _) =>
            {
                written.Add((answer, isFollowed));
                return Task.CompletedTask;
            },
            CancellationToken);
        for (var i = 0; i < 2_000; i++)
        {
            requests.Writer.TryWrite(i);
            if (i % 7 == 0)
            {
                await Task.Yield();
            }
        }

        requests.Writer.Complete();
        await stream;

        Assert.Equal(Enumerable.Range(0, 2_000), written.Select(item => item.Answer));

        // What waits for its fellow would wait for ever behind the last.
        Assert.False(written[^1].IsFollowed);
    }

    [Fact]
    public async Task Answer_is_sent_although_no_other_request_comes()
    {
        var requests = Channel.CreateUnbounded<int>();
        var written = Channel.CreateUnbounded<(int, bool)>();
        var stream = OrderedStream.RunAsync<int, int>(
            requests.Reader.ReadAllAsync(CancellationToken), (request, _, _) => Task.FromResult(request), (answer, isFollowed, token) => written.Writer.WriteAsync((answer, isFollowed), token).AsTask(), CancellationToken);

        requests.Writer.TryWrite(1);

        Assert.Equal((1, false), await written.Reader.ReadAsync(CancellationToken));
        requests.Writer.Complete();
        await stream;
    }

    [Fact]
    public async Task Quick_answer_does_not_overtake_a_slow_one()
    {
        var slow = new TaskCompletionSource<int>();
        var written = new List<int>();
        var stream = OrderedStream.RunAsync<int, int>(
            new[] { 0, 1, 2 }.ToAsyncEnumerable(), (request, _, _) => request == 0 ? slow.Task : Task.FromResult(request), (answer, _, _) => { written.Add(answer); return Task.CompletedTask; }, CancellationToken);

        Assert.Empty(written);
        slow.SetResult(0);
        await stream;

        Assert.Equal([0, 1, 2], written);
    }

    [Fact]
    public async Task No_more_than_so_many_are_under_way()
    {
        var started = 0;
        var gate = new TaskCompletionSource<int>();
        var stream = OrderedStream.RunAsync<int, int>(
            Enumerable.Range(0, 1_000).ToAsyncEnumerable(),
            (_, _, _) =>
            {
                started++;
                return gate.Task;
            },
            (_, _, _) => Task.CompletedTask,
            CancellationToken);

        // 63 in the queue, one that the writer waits for, one that waits for room.
        Assert.InRange(started, 1, 65);
        gate.SetResult(0);
        await stream;
        Assert.Equal(1_000, started);
    }

    [Fact]
    public async Task Client_that_is_gone_ends_what_is_under_way()
    {
        var token = CancellationToken.None;
        var stream = OrderedStream.RunAsync<int, int>(
            new[] { 0, 1 }.ToAsyncEnumerable(),
            async (request, _, cancellation) =>
            {
                token = cancellation;
                await Task.Delay(request == 0 ? 0 : Timeout.Infinite, cancellation);
                return request;
            },
            (_, _, _) => throw new IOException("The client is gone."),
            CancellationToken);

        await Assert.ThrowsAsync<IOException>(() => stream);
        Assert.True(token.IsCancellationRequested);
    }

    private static async Task<int> LaterAsync(int request)
    {
        await Task.Yield();
        return request;
    }
}
