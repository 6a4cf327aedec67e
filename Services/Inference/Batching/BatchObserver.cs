using System.Collections.Concurrent;
using CloudNativeAi.Inference.Telemetry;

namespace CloudNativeAi.Inference.Batching;

internal enum RejectionReason
{
    QueueFull,
    Cancelled,
    Expired,
}

/// <summary>Exact counts of one model version, in Triton's sense, and the histograms made of the same events.</summary>
internal sealed class BatchObserver(string modelName, int version, InferenceMetrics metrics, TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<long, BatchCounts> _batches = new();
    private readonly BatchCounts _requests = new(rows: 1);
    private readonly long[] _rejections = new long[Enum.GetValues<RejectionReason>().Length];
    private long _inferences;
    private long _executions;
    private long _queueTicks;
    private long _queued;

    public ModelTags Tags { get; } = new(modelName, version);

    /// <summary>Rows that were run.</summary>
    public long InferenceCount => Volatile.Read(ref _inferences);

    /// <summary>Runs; rows divided by runs is the mean batch.</summary>
    public long ExecutionCount => Volatile.Read(ref _executions);

    public long RejectedCount => _rejections.Sum();

    public (long Count, TimeSpan Total) QueueTime => (Volatile.Read(ref _queued), TimeSpan.FromTicks(Volatile.Read(ref _queueTicks)));

    /// <summary>Requests that were run; each has the whole time of the run it was in.</summary>
    public BatchCounts Requests => _requests;

    /// <summary>Requests that were answered without a run.</summary>
    public DurationCount CacheHits { get; } = new();

    /// <summary>Requests that were looked for in vain; the time of look-up and keeping.</summary>
    public DurationCount CacheMisses { get; } = new();

    /// <summary>By the number of rows.</summary>
    public IReadOnlyList<BatchCounts> Batches => [.. _batches.Values.OrderBy(batch => batch.Rows)];

    /// <summary>How long requests of the last minute waited for an instance; one that found one free waited for nothing.</summary>
    public RecentLatencies RecentQueue { get; } = new(timeProvider);

    /// <summary>How long the runs of the last minute took.</summary>
    public RecentLatencies RecentCompute { get; } = new(timeProvider);

    public long RejectedFor(RejectionReason reason) => Volatile.Read(ref _rejections[(int)reason]);

    public void Queued(TimeSpan duration)
    {
        Interlocked.Increment(ref _queued);
        Interlocked.Add(ref _queueTicks, duration.Ticks);
        RecentQueue.Record(duration);
        metrics.RecordQueue(Tags, duration);
    }

    public void Ran(long rows, int requests, RunTimes times)
    {
        Interlocked.Add(ref _inferences, rows);
        Interlocked.Increment(ref _executions);
        _batches.GetOrAdd(rows, static rows => new BatchCounts(rows)).Add(1, times);
        _requests.Add(requests, times);
        RecentCompute.Record(times.Compute);
        metrics.RecordRun(Tags, rows, times.Compute);
    }

    public void Rejected(RejectionReason reason)
    {
        Interlocked.Increment(ref _rejections[(int)reason]);
        metrics.CountRejected(modelName, reason switch
        {
            RejectionReason.QueueFull => "queue_full",
            RejectionReason.Cancelled => "cancelled",
            _ => "expired",
        });
    }
}
