using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Bounds the number of open readers.</summary>
internal sealed class ReaderSlots(IOptions<EventLogOptions> options)
{
    private int _taken;

    /// <summary>A slot to dispose of; null when all are taken.</summary>
    public IDisposable? TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= options.Value.MaxReaders)
        {
            return new Slot(this);
        }

        Interlocked.Decrement(ref _taken);
        return null;
    }

    private sealed class Slot(ReaderSlots slots) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref slots._taken);
    }
}
