namespace CloudNativeAi.Inference.Telemetry;

/// <summary>How often, and how long altogether.</summary>
internal sealed class DurationCount
{
    private long _count;
    private long _ticks;

    public long Count => Volatile.Read(ref _count);

    public TimeSpan Total => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    public void Add(TimeSpan duration)
    {
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _ticks, duration.Ticks);
    }
}
