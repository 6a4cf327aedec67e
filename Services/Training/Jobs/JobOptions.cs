using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Training.Jobs;

/// <summary>How jobs are taken from the queue and kept.</summary>
public sealed class JobOptions
{
    public const string Section = "Jobs";

    /// <summary>Jobs this process runs at a time; with 0 it only queues them, for processes that each run one.</summary>
    [Range(0, 16)]
    public int Concurrency { get; set; } = 1;

    /// <summary>Takes one job, runs it to its end, and ends the process; ends it at once when no job waits.</summary>
    public bool RunOnce { get; set; }

    /// <summary>Time between two looks at the queue; a job submitted to this process is taken at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A job whose worker has not been heard of for this long is taken by another.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time between two signs of life, and how late progress and a cancellation can be seen. At most a third of the lease.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Times a job is begun before it is given up.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Wait before the second attempt; doubles with each further one, up to ten minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A job that runs longer is failed.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "7.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromHours(4);

    /// <summary>Queued and running jobs at a time; more are refused with RESOURCE_EXHAUSTED.</summary>
    [Range(1, 100_000)]
    public int MaxQueued { get; set; } = 1_000;
}

[OptionsValidator]
internal sealed partial class JobOptionsValidator : IValidateOptions<JobOptions>;
