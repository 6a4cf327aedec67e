namespace CloudNativeAi.Benchmarks;

/// <summary>Whether a process grows.</summary>
internal static class Memory
{
    /// <summary>The last third's median to the first third's: a collection more or less moves a single reading by some percent.</summary>
    /// <param name="readings">Resident memory, in order of time.</param>
    public static double Growth(IReadOnlyCollection<long> readings)
    {
        var third = Math.Max(1, readings.Count / 3);
        return Pairs.Median(readings.TakeLast(third).Select(reading => (double)reading)) / Pairs.Median(readings.Take(third).Select(reading => (double)reading));
    }
}
