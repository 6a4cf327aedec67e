namespace CloudNativeAi.Ingestion;

/// <summary>Bounds how many of something there are at a time; nobody waits.</summary>
internal abstract class Slots(int count)
{
    private int _taken;

    /// <summary>A slot to dispose of; null when all are taken.</summary>
    public IDisposable? TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= count)
        {
            return new Slot(this);
        }

        Interlocked.Decrement(ref _taken);
        return null;
    }

    private sealed class Slot(Slots slots) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref slots._taken);
    }
}
