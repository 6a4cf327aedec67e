namespace CloudNativeAi.Training.Jobs;

/// <summary>Wakes the worker of this process when a job is submitted to it; other processes find the job at their next look.</summary>
internal sealed class JobSignal : IDisposable
{
    private readonly SemaphoreSlim _submitted = new(0);

    public void Set() => _submitted.Release();

    public Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken) => _submitted.WaitAsync(timeout, cancellationToken);

    public void Dispose() => _submitted.Dispose();
}
