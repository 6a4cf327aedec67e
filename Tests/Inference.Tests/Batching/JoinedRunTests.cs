using System.Diagnostics.Metrics;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static CloudNativeAi.Inference.Tests.Batching.Columns;

namespace CloudNativeAi.Inference.Tests.Batching;

/// <summary>Which requests share a run, and in which order they are run.</summary>
public sealed class JoinedRunTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SlowModel _model = new();
    private readonly HeldScheduler _scheduler = new() { AreOthersArriving = true, IsHolding = true };
    private readonly BatchObserver _observer;

    public JoinedRunTests()
    {
        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _observer = new BatchObserver("m", 1, new InferenceMetrics(services.GetRequiredService<IMeterFactory>()), _time);
        _model.LetAll();
    }

    [Fact]
    public async Task Requests_that_come_together_share_a_run_although_instances_are_free()
    {
        var batcher = Create(instances: 4);
        var requests = Enumerable.Range(0, 10).Select(i => RunAsync(batcher, i)).ToList();

        Assert.Equal(1, _scheduler.HeldCount);
        _scheduler.RunHeld();

        Assert.Equal(Enumerable.Range(0, 10).Select(i => new float[] { i }), (await Task.WhenAll(requests)).Select(Values));
        Assert.Equal((10, 1), (_observer.InferenceCount, _observer.ExecutionCount));
    }

    [Fact]
    public async Task Request_of_a_stream_whose_next_is_there_waits_for_it_and_the_last_takes_nobody_along()
    {
        _scheduler.AreOthersArriving = false;
        var batcher = Create();
        var first = RunAsync(batcher, new Queueing(IsFollowed: true), 1);
        var second = RunAsync(batcher, 2);

        _scheduler.RunHeld();
        var last = RunAsync(batcher, 3);

        Assert.True(last.IsCompletedSuccessfully);
        Assert.Equal([1, 2, 3], (await Task.WhenAll(first, second, last)).SelectMany(Values));
        Assert.Equal([2, 1], _model.RowsOfRuns);
    }

    [Fact]
    public async Task Run_that_is_shared_has_no_more_rows_than_may_be_joined_and_a_larger_request_runs_alone()
    {
        var batcher = Create(maxJoinedRows: 3);
        var large = RunAsync(batcher, 1, 2, 3, 4, 5);
        var small = Enumerable.Range(0, 7).Select(i => RunAsync(batcher, i)).ToList();

        _scheduler.RunHeld();

        await Task.WhenAll([large, .. small]);
        Assert.Equal([5, 3, 3, 1], _model.RowsOfRuns);
    }

    [Fact]
    public async Task What_does_not_fit_is_begun_by_another_instance()
    {
        var batcher = Create(instances: 2, maxJoinedRows: 2);
        var requests = Enumerable.Range(0, 6).Select(i => RunAsync(batcher, i)).ToList();
        _scheduler.IsHolding = false;

        _scheduler.RunHeld();

        await Task.WhenAll(requests);
        Assert.Equal([(2L, 3L)], _observer.Batches.Select(batch => (batch.Rows, batch.Count)));
    }

    [Fact]
    public async Task More_urgent_requests_are_run_first_and_equal_ones_in_their_order()
    {
        // Of two rows each: no two fit into a run.
        var batcher = Create(maxJoinedRows: 3);
        int[] priorities = [3, 2, 1, 3, 0, 1, 99];
        var requests = priorities.Select((priority, i) => RunAsync(batcher, new Queueing(Priority: priority), i, i)).ToList();

        _scheduler.RunHeld();
        await Task.WhenAll(requests);

        // 0 and 99 are none, so they have the default, 2.
        Assert.Equal([2, 5, 1, 4, 6, 0, 3], _model.SeenValues.Chunk(2).Select(run => run[0]));
    }

    [Fact]
    public async Task Least_urgent_request_is_run_although_more_urgent_ones_never_end()
    {
        var batcher = Create(maxJoinedRows: 3, ageing: TimeSpan.FromMilliseconds(10));
        var patient = RunAsync(batcher, new Queueing(Priority: 3), 1000, 1000);
        List<Task<Tensor[]>> urgent = [];
        for (var i = 0; i < 100; i++)
        {
            urgent.Add(RunAsync(batcher, new Queueing(Priority: 1), i, i));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        _scheduler.RunHeld();
        await Task.WhenAll([patient, .. urgent]);

        // Two levels of 10 ms: the urgent requests of 20 ms went before it, those that came later did not.
        Assert.Equal(20, _model.SeenValues.ToList().IndexOf(1000) / 2);
    }

    [Fact]
    public async Task Cancelled_and_expired_requests_are_never_run_and_take_no_place_in_the_run()
    {
        var batcher = Create(maxJoinedRows: 2);
        using var stop = new CancellationTokenSource();
        var cancelled = batcher.RunAsync([Column(7)], [0], 1, default, stop.Token).AsTask();
        var expired = RunAsync(batcher, new Queueing(TimeSpan.FromMilliseconds(5)), 8);
        var kept = new[] { 1, 2 }.Select(i => RunAsync(batcher, i)).ToList();

        await stop.CancelAsync();
        _time.Advance(TimeSpan.FromMilliseconds(6));
        _scheduler.RunHeld();

        await Task.WhenAll(kept);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAsync<InferenceException>(() => expired);
        Assert.Equal([2], _model.RowsOfRuns);
        Assert.Equal([1, 2], _model.SeenValues);
        Assert.Equal((1, 1), (_observer.RejectedFor(RejectionReason.Cancelled), _observer.RejectedFor(RejectionReason.Expired)));
    }

    private Batcher Create(int instances = 1, int maxBatchSize = 64, int maxJoinedRows = 64, TimeSpan? ageing = null) => new(
        new BatcherSettings(instances, maxBatchSize, MaxQueueSize: 1_000) { MaxJoinedRows = maxJoinedRows, PriorityAgeing = ageing ?? TimeSpan.FromMilliseconds(100) },
        _model.Run, _observer, _time, _scheduler);

    private static Task<Tensor[]> RunAsync(Batcher batcher, params float[] column) => RunAsync(batcher, default(Queueing), column);

    private static Task<Tensor[]> RunAsync(Batcher batcher, Queueing queueing, params float[] column) =>
        batcher.RunAsync([Column(column)], [0], column.Length, queueing, CancellationToken.None).AsTask();
}
