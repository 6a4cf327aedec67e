namespace CloudNativeAi.Inference.Batching;

/// <summary>Where the time of a run went.</summary>
/// <param name="Input">Joining the requests' rows.</param>
/// <param name="Output">Giving each request its rows.</param>
internal readonly record struct RunTimes(TimeSpan Input, TimeSpan Compute, TimeSpan Output);

/// <summary>Runs with the same number of rows.</summary>
internal sealed class BatchCounts(long rows)
{
    private long _count;
    private long _inputTicks;
    private long _computeTicks;
    private long _outputTicks;

    public long Rows { get; } = rows;

    public long Count => Volatile.Read(ref _count);

    public RunTimes Times => new(
        TimeSpan.FromTicks(Volatile.Read(ref _inputTicks)), TimeSpan.FromTicks(Volatile.Read(ref _computeTicks)), TimeSpan.FromTicks(Volatile.Read(ref _outputTicks)));

    public void Add(long count, RunTimes times)
    {
        Interlocked.Add(ref _count, count);
        Interlocked.Add(ref _inputTicks, times.Input.Ticks * count);
        Interlocked.Add(ref _computeTicks, times.Compute.Ticks * count);
        Interlocked.Add(ref _outputTicks, times.Output.Ticks * count);
    }
}
