using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

using static CloudNativeAi.Inference.Tests.Batching.Columns;

namespace CloudNativeAi.Inference.Tests.Batching;

/// <summary>Batching asserted by counts, on a model whose runs the test holds up and lets go.</summary>
public sealed class BatcherTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly SlowModel _model = new();
    private readonly HeldScheduler _scheduler = new();
    private readonly BatchObserver _observer;

    public BatcherTests()
    {
        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _observer = new BatchObserver("m", 1, new InferenceMetrics(services.GetRequiredService<IMeterFactory>()), _time);
    }

    public void Dispose() => _model.LetAll();

    [Fact]
    public async Task Idle_instance_runs_the_request_at_once_and_alone()
    {
        _model.LetAll();
        var batcher = Create();

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal<float[]>([i], Values(await RunAsync(batcher, i)));
        }

        Assert.Equal((5, 5), (_observer.InferenceCount, _observer.ExecutionCount));
    }

    [Fact]
    public async Task Everything_that_waited_goes_into_one_run_and_each_gets_its_rows()
    {
        var batcher = Create();
        var first = await StartRunningAsync(batcher);
        var waiting = Enumerable.Range(1, 10).Select(i => RunAsync(batcher, i, i + 0.5f).AsTask()).ToList();

        _model.LetAll();

        var answers = await Task.WhenAll(waiting);
        await first;
        Assert.Equal(Enumerable.Range(1, 10).Select(i => new[] { i, i + 0.5f }), answers.Select(Values));
        Assert.Equal(2, _observer.ExecutionCount);
        Assert.Equal(21, _observer.InferenceCount);
        Assert.Equal([(1L, 1L), (20L, 1L)], _observer.Batches.Select(batch => (batch.Rows, batch.Count)));
        Assert.Equal(11, _observer.Requests.Count);
    }

    [Fact]
    public async Task Run_is_never_larger_than_allowed_and_no_request_is_split()
    {
        var batcher = Create(maxBatchSize: 4);
        var first = await StartRunningAsync(batcher);
        var waiting = Enumerable.Range(1, 5).Select(i => RunAsync(batcher, i, i, i).AsTask()).ToList();

        _model.LetAll();

        await Task.WhenAll(waiting);
        await first;
        Assert.Equal([(1L, 1L), (3L, 5L)], _observer.Batches.Select(batch => (batch.Rows, batch.Count)));
    }

    [Fact]
    public async Task Other_shapes_and_other_outputs_do_not_join()
    {
        var batcher = Create();
        var first = await StartRunningAsync(batcher);
        Task<Tensor[]>[] waiting =
        [
            RunAsync(batcher, 1).AsTask(),
            batcher.RunAsync([Matrix(2, 3)], [0], 1, default, CancellationToken.None).AsTask(),
            RunAsync(batcher, 2).AsTask(),
        ];

        _model.LetAll();

        await Task.WhenAll(waiting);
        await first;
        Assert.Equal(3, _observer.ExecutionCount);
        Assert.Equal([1, 2, 1], _model.RowsOfRuns);
    }

    [Fact]
    public async Task Cancelled_request_is_never_run()
    {
        var batcher = Create();
        var first = await StartRunningAsync(batcher);
        using var stop = new CancellationTokenSource();
        var cancelled = batcher.RunAsync([Column(7)], [0], 1, default, stop.Token).AsTask();
        var kept = RunAsync(batcher, 8).AsTask();

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _model.LetAll();

        Assert.Equal<float[]>([8], Values(await kept));
        await first;
        Assert.DoesNotContain(7, _model.SeenValues);
        Assert.Equal((2, 1), (_observer.ExecutionCount, _observer.RejectedCount));
    }

    [Fact]
    public async Task Request_that_waited_too_long_is_refused_before_it_is_run()
    {
        var batcher = Create();
        var first = await StartRunningAsync(batcher);
        var expires = batcher.RunAsync([Column(7)], [0], 1, new Queueing(TimeSpan.FromMilliseconds(5)), CancellationToken.None).AsTask();
        var patient = batcher.RunAsync([Column(8)], [0], 1, new Queueing(TimeSpan.FromMilliseconds(50)), CancellationToken.None).AsTask();

        _time.Advance(TimeSpan.FromMilliseconds(10));
        _model.LetAll();

        var refused = await Assert.ThrowsAsync<InferenceException>(() => expires);
        Assert.Equal("Request timeout expired", refused.Message);
        Assert.Equal<float[]>([8], Values(await patient));
        await first;
        Assert.DoesNotContain(7, _model.SeenValues);
    }

    [Fact]
    public async Task Full_queue_refuses_and_a_cancelled_place_is_free_again()
    {
        var batcher = Create(maxQueueSize: 2);
        var first = await StartRunningAsync(batcher);
        using var stop = new CancellationTokenSource();
        var cancelled = batcher.RunAsync([Column(1)], [0], 1, default, stop.Token).AsTask();
        var waiting = RunAsync(batcher, 2).AsTask();

        var refused = await Assert.ThrowsAsync<InferenceException>(() => RunAsync(batcher, 3).AsTask());
        await stop.CancelAsync();
        var accepted = RunAsync(batcher, 4).AsTask();
        _model.LetAll();

        Assert.Equal(InferenceErrorKind.ResourceExhausted, refused.Kind);
        Assert.Contains("Exceeds maximum queue size", refused.Message, StringComparison.Ordinal);
        Assert.Equal<float[]>([4], Values(await accepted));
        Assert.Equal<float[]>([2], Values(await waiting));
        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task One_bad_request_fails_alone()
    {
        _model.Refuses = 13;
        var batcher = Create();
        var first = await StartRunningAsync(batcher);
        var waiting = new[] { 1, 13, 2 }.Select(i => RunAsync(batcher, i).AsTask()).ToList();

        _model.LetAll();

        Assert.Equal<float[]>([1], Values(await waiting[0]));
        await Assert.ThrowsAsync<InferenceException>(() => waiting[1]);
        Assert.Equal<float[]>([2], Values(await waiting[2]));
        await first;
    }

    [Fact]
    public async Task As_many_runs_at_a_time_as_there_are_instances()
    {
        var batcher = Create(instances: 3, maxBatchSize: 1);
        var requests = Enumerable.Range(0, 8).Select(i => Task.Run(() => RunAsync(batcher, i).AsTask())).ToList();
        await _model.WaitForRunningAsync(3);

        _model.LetAll();

        await Task.WhenAll(requests);
        Assert.Equal(3, _model.MostAtATime);
        Assert.Equal(8, _observer.ExecutionCount);
    }

    [Fact]
    public async Task Every_request_is_answered_with_its_own_value_under_load()
    {
        _model.LetAll();
        var batcher = Create(instances: 2);

        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
            Assert.Equal<float[]>([i, -i], Values(await RunAsync(batcher, i, -i))));

        Assert.Equal(40_000, _observer.InferenceCount);
        Assert.Equal(0, batcher.QueueLength);
    }

    [Fact]
    public async Task Strings_are_joined_and_parted()
    {
        var batcher = Create();
        var first = await StartRunningAsync(batcher);
        var waiting = new[] { "a", "", "long text" }.Select(text => batcher.RunAsync([Text(text)], [0], 1, default, CancellationToken.None).AsTask()).ToList();

        _model.LetAll();

        var answers = await Task.WhenAll(waiting);
        await first;
        Assert.Equal(["a", "", "long text"], answers.Select(answer =>
        {
            var raw = answer[0].Raw.Span;
            return System.Text.Encoding.UTF8.GetString(BytesFraming.Take(ref raw));
        }));
    }

    [Fact]
    public async Task Trace_of_a_request_shows_its_queue_and_its_compute()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source == InferenceMetrics.Activities,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var batcher = Create();
        var first = await StartRunningAsync(batcher);
        var requests = new List<(Activity Span, Task Answer)>();
        foreach (var value in (int[])[1, 2])
        {
            Activity.Current = null;
            using var span = InferenceMetrics.Activities.StartActivity("infer")!;
            requests.Add((span, RunAsync(batcher, value).AsTask()));
        }

        _time.Advance(TimeSpan.FromMilliseconds(3));
        _model.LetAll();
        await Task.WhenAll(requests.Select(request => request.Answer));
        await first;

        foreach (var (span, _) in requests)
        {
            var parts = ended.Where(activity => activity.ParentSpanId == span.SpanId).ToDictionary(activity => activity.OperationName);
            Assert.Equal(["compute", "queue"], parts.Keys.Order());
            Assert.Equal(TimeSpan.FromMilliseconds(3), parts["queue"].Duration);
            Assert.All(parts.Values, part => Assert.Equal(span.TraceId, part.TraceId));
        }
    }

    [Fact]
    public async Task Short_runs_wait_for_no_instance_and_large_ones_do()
    {
        var settings = new BatcherSettings(Instances: 1, MaxBatchSize: 64, MaxQueueSize: 1_000) { RunsAtOnce = true, MaxJoinedRows = 4 };
        var batcher = new Batcher(settings, _model.Run, _observer, _time, _scheduler);
        Task<Tensor[]>[] requests = [Task.Run(() => RunAsync(batcher, 1).AsTask()), Task.Run(() => RunAsync(batcher, 2, 3).AsTask()), Task.Run(() => RunAsync(batcher, 4, 5, 6, 7).AsTask())];
        await _model.WaitForRunningAsync(3);

        var second = RunAsync(batcher, 8, 9, 10, 11).AsTask();

        Assert.Equal((3, 1), (_model.MostAtATime, batcher.QueueLength));
        _model.LetAll();
        var answers = await Task.WhenAll([.. requests, second]);
        Assert.Equal<float[]>([[1], [2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], answers.Select(Values));
        Assert.Equal((11L, 4L), (_observer.InferenceCount, _observer.ExecutionCount));
    }

    [Fact]
    public async Task Short_run_that_fails_or_was_cancelled_is_the_callers_alone()
    {
        _model.LetAll();
        _model.Refuses = 13;
        var batcher = new Batcher(new BatcherSettings(Instances: 1, MaxBatchSize: 64, MaxQueueSize: 1_000) { RunsAtOnce = true }, _model.Run, _observer, _time, _scheduler);

        await Assert.ThrowsAsync<InferenceException>(() => RunAsync(batcher, 13).AsTask());
        var cancelled = batcher.RunAsync([Column(1)], [0], 1, default, new CancellationToken(canceled: true));

        await Assert.ThrowsAsync<TaskCanceledException>(() => cancelled.AsTask());
        Assert.Equal<float[]>([1], Values(await RunAsync(batcher, 1)));
        Assert.Equal((1L, 1L), (_observer.ExecutionCount, _observer.RejectedFor(RejectionReason.Cancelled)));
    }

    private Batcher Create(int instances = 1, int maxBatchSize = 64, int maxQueueSize = 1_000) =>
        new(new BatcherSettings(instances, maxBatchSize, maxQueueSize), _model.Run, _observer, _time, _scheduler);

    // Holds the only instance.
    private async Task<Task<Tensor[]>> StartRunningAsync(Batcher batcher)
    {
        var running = Task.Run(() => RunAsync(batcher, 0).AsTask());
        await _model.WaitForRunningAsync(1);
        return running;
    }

    private static ValueTask<Tensor[]> RunAsync(Batcher batcher, params float[] column) =>
        batcher.RunAsync([Column(column)], [0], column.Length, default, CancellationToken.None);
}
