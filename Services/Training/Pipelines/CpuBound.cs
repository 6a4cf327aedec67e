namespace CloudNativeAi.Training.Pipelines;

/// <summary>Long computations on a thread of their own, so that the pool's threads stay free for heartbeats and requests.</summary>
internal static class CpuBound
{
    public static Task<T> RunAsync<T>(Func<T> compute, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(compute, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
