using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Events;

/// <summary>Bounds what is in flight. Overload is answered at once; nothing queues in memory.</summary>
internal sealed class IngestionBudget(IOptions<IngestionOptions> options, IngestionMetrics metrics)
{
    private readonly Lock _lock = new();
    private long _bytes;
    private int _requests;

    public TimeSpan RetryAfter => options.Value.RetryAfter;

    /// <summary>A share to dispose of; null when too much is in flight. One request alone is always let in.</summary>
    public IDisposable? TryTake(long bytes)
    {
        lock (_lock)
        {
            if (_requests > 0 && (_requests >= options.Value.MaxInFlightRequests || _bytes + bytes > options.Value.MaxInFlightBytes))
            {
                metrics.RecordOverload();
                return null;
            }

            _bytes += bytes;
            _requests++;
        }

        metrics.RecordInFlight(bytes);
        return new Share(this, bytes);
    }

    private void Return(long bytes)
    {
        lock (_lock)
        {
            _bytes -= bytes;
            _requests--;
        }

        metrics.RecordInFlight(-bytes);
    }

    private sealed class Share(IngestionBudget budget, long bytes) : IDisposable
    {
        private int _returned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _returned, 1) == 0)
            {
                budget.Return(bytes);
            }
        }
    }
}
