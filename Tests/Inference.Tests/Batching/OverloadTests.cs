using System.Diagnostics.Metrics;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static CloudNativeAi.Inference.Tests.Batching.Columns;

namespace CloudNativeAi.Inference.Tests.Batching;

/// <summary>Three times as many requests as one instance can run, on a clock that only the model and its requests move.</summary>
public sealed class OverloadTests
{
    private const int Arrivals = 6_000;
    private const int ArrivalsPerMillisecond = 3;

    private static readonly TimeSpan RowTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _time = new();
    private readonly HeldScheduler _scheduler = new() { AreOthersArriving = true, IsHolding = true };
    private readonly List<(long Sent, Task<Tensor[]> Answer)> _requests = [];
    private readonly Dictionary<float, long> _ended = [];
    private Batcher _batcher = null!;
    private int _longestQueue;

    [Theory]
    [InlineData(1_000)]
    [InlineData(20)]
    public async Task What_is_answered_is_answered_in_time_and_nearly_as_much_as_without_overload(int maxQueueSize)
    {
        var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var observer = new BatchObserver("m", 1, new InferenceMetrics(services.GetRequiredService<IMeterFactory>()), _time);
        _batcher = new Batcher(new BatcherSettings(Instances: 1, MaxBatchSize: 8, maxQueueSize) { MaxJoinedRows = 8 }, Run, observer, _time, _scheduler);
        var began = _time.GetTimestamp();

        // The model sends the rest.
        Send(ArrivalsPerMillisecond);
        _scheduler.RunHeld();
        var capacity = _time.GetElapsedTime(began) / RowTime;
        await Assert.ThrowsAsync<InferenceException>(() => Task.WhenAll(_requests.Select(request => request.Answer)));

        var answered = _requests.Select((request, number) => (request.Sent, request.Answer, Number: number)).Where(request => request.Answer.IsCompletedSuccessfully).ToList();
        var latencies = answered.Select(request => _time.GetElapsedTime(request.Sent, _ended[request.Number])).ToList();

        Assert.Equal(Arrivals, _requests.Count);
        Assert.InRange(answered.Count / capacity, 0.9, 1);
        // Its wait, and the run it is in.
        Assert.True(latencies.Max() <= Patience + (8 * RowTime), $"{latencies.Max()}");
        Assert.True(_longestQueue <= maxQueueSize);
        Assert.Equal(answered.Count, observer.InferenceCount);
        Assert.Equal(Arrivals, answered.Count + observer.RejectedCount);
    }

    // What comes while the model runs is in the queue when it ends.
    private Tensor[] Run(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<int> outputs)
    {
        var rows = Values([inputs[0]]);
        var began = _time.GetTimestamp();
        _time.Advance(rows.Length * RowTime);
        foreach (var row in rows)
        {
            _ended[row] = _time.GetTimestamp();
        }

        Send((int)(_time.GetElapsedTime(began).TotalMilliseconds * ArrivalsPerMillisecond));
        return [inputs[0] with { Name = "Y", Raw = inputs[0].Raw.ToArray() }];
    }

    private void Send(int count)
    {
        for (var i = 0; i < count && _requests.Count < Arrivals; i++)
        {
            var answer = _batcher.RunAsync([Column(_requests.Count)], [0], 1, new Queueing(Patience), TestContext.Current.CancellationToken).AsTask();
            _requests.Add((_time.GetTimestamp(), answer));
            _longestQueue = Math.Max(_longestQueue, _batcher.QueueLength);
        }
    }
}
