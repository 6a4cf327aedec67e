using System.Collections.Concurrent;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Wakes the loop of a source: something came, something changed, somebody waits.</summary>
internal sealed class WakeSignals : IDisposable
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _signals = new(StringComparer.Ordinal);

    /// <summary>The supervisor of all loops listens to this name; no source can have it.</summary>
    public const string Supervisor = "";

    public void Wake(string source)
    {
        var signal = Signal(source);
        lock (signal)
        {
            if (signal.CurrentCount == 0)
            {
                signal.Release();
            }
        }
    }

    public void WakeAll()
    {
        foreach (var source in _signals.Keys)
        {
            Wake(source);
        }
    }

    /// <summary>Returns at once when it was woken since the last wait.</summary>
    public Task WaitAsync(string source, TimeSpan timeout, CancellationToken cancellationToken) => Signal(source).WaitAsync(timeout, cancellationToken);

    public void Dispose()
    {
        foreach (var signal in _signals.Values)
        {
            signal.Dispose();
        }
    }

    private SemaphoreSlim Signal(string source) => _signals.GetOrAdd(source, _ => new SemaphoreSlim(0, 1));
}
