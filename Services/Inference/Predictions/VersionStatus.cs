using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Telemetry;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>What one version in memory has done since it was loaded, and how fast it was in the last minute.</summary>
internal static class VersionStatus
{
    public static Contracts.Inference.ServedModel Of(LoadedModel model)
    {
        var total = model.Latencies.Read();
        var batches = model.Batches;
        return new Contracts.Inference.ServedModel
        {
            ModelName = model.ModelName,
            Version = model.Version,
            Digest = model.Digest,
            State = "READY",
            LoadedMicros = model.LoadedMicros,
            LastAnswerMicros = model.LastInferenceMicros,
            MemoryBytes = model.MemoryBytes,
            Predictions = model.Predictions,
            Failures = model.Failures,
            LatencyP50Seconds = total.Quantile(0.5),
            LatencyP95Seconds = total.Quantile(0.95),
            LatencyP99Seconds = total.Quantile(0.99),
            PredictionsPerSecond = (double)total.Total / RecentLatencies.WindowSeconds,
            Total = total,
            Queue = batches.RecentQueue.Read(),
            Compute = batches.RecentCompute.Read(),
            // An ensemble has none: its steps go through theirs.
            Instances = model.Batcher?.Settings.Instances ?? 0,
            BusyInstances = model.Batcher?.BusyInstances ?? 0,
            QueueLength = model.Batcher?.QueueLength ?? 0,
            MaxQueueLength = model.Batcher?.Settings.MaxQueueSize ?? 0,
            MaxBatchSize = model.Batcher?.Settings.MaxBatchSize ?? 0,
            Rows = batches.InferenceCount,
            Runs = batches.ExecutionCount,
            Batches = { batches.Batches.Select(batch => new BatchCount { Rows = batch.Rows, Runs = batch.Count }) },
            Shed = batches.RejectedFor(RejectionReason.QueueFull),
            Expired = batches.RejectedFor(RejectionReason.Expired),
            Cancelled = batches.RejectedFor(RejectionReason.Cancelled),
            CacheHits = batches.CacheHits.Count,
            CacheMisses = batches.CacheMisses.Count,
        };
    }
}
