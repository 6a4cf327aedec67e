using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Caching;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.Inference.Predictions;
using CloudNativeAi.Inference.Tests.Batching;
using CloudNativeAi.Inference.Tests.Models;
using Microsoft.Extensions.Options;
using static CloudNativeAi.Inference.Tests.Batching.Columns;

namespace CloudNativeAi.Inference.Tests.Predictions;

/// <summary>What the status says of one version, number by number, on a model whose runs the test holds up.</summary>
public sealed class VersionStatusTests : IDisposable
{
    private readonly FakeVersions _versions = new();
    private readonly SlowModel _slow = new();

    public void Dispose()
    {
        _slow.LetAll();
        _versions.Dispose();
    }

    [Fact]
    public async Task Every_request_is_counted_once_for_what_became_of_it()
    {
        var model = _versions.Create(_versions.Files("m", 3), _slow.Run, new BatcherSettings(Instances: 1, MaxBatchSize: 8, MaxQueueSize: 3));
        var engine = CreateEngine();
        using var goesAway = new CancellationTokenSource();

        // One runs, three wait, one is refused.
        var running = Task.Run(() => InferAsync(engine, model, default, TestContext.Current.CancellationToken, 1), TestContext.Current.CancellationToken);
        await _slow.WaitForRunningAsync(1);
        var waits = InferAsync(engine, model, default, TestContext.Current.CancellationToken, 2, 2);
        var expires = InferAsync(engine, model, new Queueing(TimeSpan.FromMilliseconds(5)), TestContext.Current.CancellationToken, 3);
        var cancelled = InferAsync(engine, model, default, goesAway.Token, 4);
        await Assert.ThrowsAsync<InferenceException>(() => InferAsync(engine, model, default, TestContext.Current.CancellationToken, 5));

        var busy = VersionStatus.Of(model);
        Assert.Equal((1, 1, 3, 3, 8), (busy.Instances, busy.BusyInstances, busy.QueueLength, busy.MaxQueueLength, busy.MaxBatchSize));
        Assert.Equal((0, 1, 1), (busy.Predictions, busy.Failures, busy.Shed));

        await goesAway.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _versions.Time.Advance(TimeSpan.FromMilliseconds(20));
        _slow.LetAll();
        await Task.WhenAll(running, waits);
        await Assert.ThrowsAsync<InferenceException>(() => expires);

        var done = VersionStatus.Of(model);
        Assert.Equal((2, 3), (done.Predictions, done.Failures));
        Assert.Equal((1, 1, 1), (done.Shed, done.Expired, done.Cancelled));
        Assert.Equal((3, 2), (done.Rows, done.Runs));
        Assert.Equal([new BatchCount { Rows = 1, Runs = 1 }, new BatchCount { Rows = 2, Runs = 1 }], done.Batches);
        Assert.Equal(0, done.QueueLength);
        Assert.Equal("READY", done.State);
        Assert.Equal(model.LastInferenceMicros, done.LastAnswerMicros);
    }

    [Fact]
    public async Task Latencies_of_the_last_minute_are_told_apart_by_where_the_time_went()
    {
        var model = _versions.Create(_versions.Files("m", 1), (inputs, _) =>
        {
            _versions.Time.Advance(TimeSpan.FromMilliseconds(4));
            return [inputs[0] with { Name = "Y", Raw = inputs[0].Raw.ToArray() }];
        });
        var engine = CreateEngine();
        for (var i = 0; i < 10; i++)
        {
            await InferAsync(engine, model, default, TestContext.Current.CancellationToken, i);
        }

        var status = VersionStatus.Of(model);

        // 4 ms lies in the bin that ends at 2^12 µs; a request that found an instance free waited for nothing.
        Assert.Equal(new LatencyHistogram { FirstBin = 48, Counts = { 10 } }, status.Compute);
        Assert.Equal(new LatencyHistogram { FirstBin = 48, Counts = { 10 } }, status.Total);
        Assert.Equal(new LatencyHistogram { FirstBin = 0, Counts = { 10 } }, status.Queue);
        Assert.Equal((0.004096, 0.004096, 0.004096), (status.LatencyP50Seconds, status.LatencyP95Seconds, status.LatencyP99Seconds));
        Assert.Equal(10.0 / 60, status.PredictionsPerSecond);

        _versions.Time.Advance(TimeSpan.FromSeconds(61));
        status = VersionStatus.Of(model);
        Assert.Empty(status.Total.Counts);
        Assert.True(double.IsNaN(status.LatencyP99Seconds));
        Assert.Equal(10, status.Predictions);
    }

    private InferenceEngine CreateEngine() => new(
        new ServedModels(_versions.CreatePool(budgetBytes: 1_000)), new ResponseCache(Options.Create(new ResponseCacheOptions())), _versions.Metrics,
        Options.Create(new ModelOptions()), _versions.Time);

    private static Task<InferAnswer> InferAsync(InferenceEngine engine, LoadedModel model, Queueing queueing, CancellationToken cancellationToken, params float[] rows) =>
        engine.InferAsync(model, new InferCall([Column(rows)], [], queueing), cancellationToken).AsTask();
}
