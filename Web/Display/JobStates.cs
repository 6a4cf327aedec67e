using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Display;

public static class JobStates
{
    public static bool IsOpen(JobState state) => state is JobState.Queued or JobState.Running;

    public static string Word(JobState state) => state == JobState.Unspecified ? "unknown" : state.ToString().ToLowerInvariant();

    public static Level LevelOf(JobState state) => state switch
    {
        JobState.Succeeded => Level.Good,
        JobState.Failed => Level.Bad,
        JobState.Cancelled => Level.Warning,
        _ => Level.Unknown,
    };

    /// <summary>From start to end, or to now while it runs; null before it starts.</summary>
    public static TimeSpan? Duration(Job job, DateTimeOffset now) =>
        Instants.FromMicros(job.StartedMicros) is { } started ? (Instants.FromMicros(job.EndedMicros) ?? now) - started : null;

    /// <summary>The model that it trains or measures.</summary>
    public static string Model(Job job) =>
        job.ModelName.Length > 0 ? job.ModelName : job.Request?.Train?.ModelName ?? job.Request?.Evaluate?.ModelName ?? "";
}
