namespace CloudNativeAi.Inference.Batching;

/// <param name="Instances">Runs at a time.</param>
/// <param name="MaxBatchSize">Rows of one run; 1 where rows of different requests must not share one.</param>
/// <param name="MaxQueueSize">Requests that may wait.</param>
internal sealed record BatcherSettings(int Instances, int MaxBatchSize, int MaxQueueSize)
{
    /// <summary>Rows of a run that several requests share; a request with more runs alone.</summary>
    public int MaxJoinedRows { get; init; } = 256;

    /// <summary>A run is so short that waiting for an instance, or for company, costs more than it saves: every request that could share one runs at once.</summary>
    public bool RunsAtOnce { get; init; }

    /// <summary>Priorities there are: 1 is the most urgent.</summary>
    public int PriorityLevels { get; init; } = 3;

    /// <summary>The priority of a request that names none of them.</summary>
    public int DefaultPriority { get; init; } = 2;

    /// <summary>A request goes before one that is a level more urgent when it has waited this much longer.</summary>
    public TimeSpan PriorityAgeing { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>How a request may wait.</summary>
/// <param name="Timeout">Longest wait for an instance; null: no limit but the caller's.</param>
/// <param name="Priority">1 is the most urgent; 0, or one that is not there, is the default.</param>
/// <param name="IsFollowed">The same caller's next request is there already, so that the two can share a run.</param>
internal readonly record struct Queueing(TimeSpan? Timeout = null, int Priority = 0, bool IsFollowed = false);
