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
internal sealed class BatchObserver(string modelName, int version, InferenceMetrics metrics)
{
    private readonly ConcurrentDictionary<long, long[]> _batches = new();
    private long _inferences;
    private long _executions;
    private long _queueTicks;
    private long _queued;
    private long _computeTicks;
    private long _rejected;

    /// <summary>Rows that were run.</summary>
    public long InferenceCount => Volatile.Read(ref _inferences);

    /// <summary>Runs; rows divided by runs is the mean batch.</summary>
    public long ExecutionCount => Volatile.Read(ref _executions);

    public long RejectedCount => Volatile.Read(ref _rejected);

    public (long Count, TimeSpan Total) QueueTime => (Volatile.Read(ref _queued), TimeSpan.FromTicks(Volatile.Read(ref _queueTicks)));

    public TimeSpan ComputeTime => TimeSpan.FromTicks(Volatile.Read(ref _computeTicks));

    /// <summary>Rows of a run to the number of such runs and their time.</summary>
    public IReadOnlyList<(long Rows, long Count, TimeSpan Total)> Batches =>
        [.. _batches.OrderBy(batch => batch.Key).Select(batch => (batch.Key, Volatile.Read(ref batch.Value[0]), TimeSpan.FromTicks(Volatile.Read(ref batch.Value[1]))))];

    public void Queued(TimeSpan duration)
    {
        Interlocked.Increment(ref _queued);
        Interlocked.Add(ref _queueTicks, duration.Ticks);
        metrics.RecordQueue(modelName, version, duration);
    }

    public void Ran(long rows, TimeSpan duration)
    {
        Interlocked.Add(ref _inferences, rows);
        Interlocked.Increment(ref _executions);
        Interlocked.Add(ref _computeTicks, duration.Ticks);
        var batch = _batches.GetOrAdd(rows, static _ => new long[2]);
        Interlocked.Increment(ref batch[0]);
        Interlocked.Add(ref batch[1], duration.Ticks);
        metrics.RecordRun(modelName, version, rows, duration);
    }

    public void Rejected(RejectionReason reason)
    {
        Interlocked.Increment(ref _rejected);
        metrics.CountRejected(modelName, reason switch
        {
            RejectionReason.QueueFull => "queue_full",
            RejectionReason.Cancelled => "cancelled",
            _ => "expired",
        });
    }
}
