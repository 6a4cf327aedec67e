using CloudNativeAi.Contracts.Training;

namespace CloudNativeAi.Training.Jobs;

/// <summary>What a running job reports to: a stage, a share of the whole, results as they become known.</summary>
internal sealed class JobContext
{
    private readonly Lock _lock = new();
    private string _stage = "starting";
    private double _progress;

    public JobContext(LeasedJob lease)
    {
        Lease = lease;
        Result.TrainingSetDigest = lease.Job.TrainingSetDigest;
        Result.RunId = lease.Job.RunId;
    }

    public LeasedJob Lease { get; }

    public Job Job => Lease.Job;

    public JobResult Result { get; } = new();

    public (string Stage, double Progress) Progress
    {
        get
        {
            lock (_lock)
            {
                return (_stage, _progress);
            }
        }
    }

    /// <param name="progress">0 to 1 of the whole job; never goes back within an attempt.</param>
    public void Report(string stage, double progress)
    {
        lock (_lock)
        {
            _stage = stage;
            _progress = Math.Clamp(progress, _progress, 1);
        }
    }
}
