using CloudNativeAi.Contracts.Training;

namespace CloudNativeAi.Training.Jobs;

/// <summary>A job with the revision of its row.</summary>
internal sealed record JobRow(Job Job, long Revision)
{
    public bool HasEnded => Job.State is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}

/// <summary>A job taken from the queue, and the token that allows writing to it.</summary>
internal sealed record LeasedJob(Guid Id, Guid LeaseToken, Job Job);

/// <summary>What a job found out; written with its end, or on the way so that a resumed job goes on from there.</summary>
internal sealed class JobResult
{
    public int ModelVersion { get; set; }

    public string ModelDigest { get; set; } = "";

    public string TrainingSetDigest { get; set; } = "";

    public string RunId { get; set; } = "";

    public Dictionary<string, double> Metrics { get; } = new(StringComparer.Ordinal);
}
