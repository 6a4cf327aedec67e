using CloudNativeAi.Ingestion.Events;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Bounds the Parquet files that are on disk and in work.</summary>
internal sealed class ParquetSlots(IOptions<IngestionOptions> options)
{
    private int _taken;

    /// <summary>A slot to dispose of; null when all are taken.</summary>
    public IDisposable? TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= options.Value.MaxParquetReaders)
        {
            return new Slot(this);
        }

        Interlocked.Decrement(ref _taken);
        return null;
    }

    private sealed class Slot(ParquetSlots slots) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref slots._taken);
    }
}

/// <summary>Too much is being read already; the client comes back later.</summary>
internal sealed class TooMuchInFlightException() : Exception("Too much is in flight; retry later.");
