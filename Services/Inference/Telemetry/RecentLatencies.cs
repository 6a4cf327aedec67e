namespace CloudNativeAi.Inference.Telemetry;

/// <summary>
/// Counts and latency quantiles of the last minute: one histogram per second, in bins that grow by a quarter power of two
/// (so a quantile is at most 19 % too high), from one microsecond up.
/// </summary>
internal sealed class RecentLatencies(TimeProvider timeProvider)
{
    private const int WindowSeconds = 60;
    private const int BinsPerOctave = 4;
    private const int BinCount = 26 * BinsPerOctave;

    // One more than the window: the second that is being overwritten is not read.
    private readonly Second[] _seconds = [.. Enumerable.Range(0, WindowSeconds + 1).Select(_ => new Second())];

    public void Record(TimeSpan duration)
    {
        var now = NowSeconds();
        var second = _seconds[now % _seconds.Length];
        lock (second)
        {
            if (second.Number != now)
            {
                Array.Clear(second.Bins);
                second.Number = now;
            }

            second.Bins[BinOf(duration)]++;
        }
    }

    /// <summary>Seconds; NaN when there was nothing in the last minute.</summary>
    public (long Count, double Median, double P99) Read()
    {
        var bins = new long[BinCount];
        var oldest = NowSeconds() - WindowSeconds + 1;
        foreach (var second in _seconds)
        {
            lock (second)
            {
                if (second.Number >= oldest)
                {
                    for (var bin = 0; bin < BinCount; bin++)
                    {
                        bins[bin] += second.Bins[bin];
                    }
                }
            }
        }

        var count = bins.Sum();
        return (count, Quantile(bins, count, 0.5), Quantile(bins, count, 0.99));
    }

    private long NowSeconds() => timeProvider.GetTimestamp() / timeProvider.TimestampFrequency;

    private static int BinOf(TimeSpan duration)
    {
        var microseconds = duration.TotalMicroseconds;
        return microseconds <= 1 ? 0 : Math.Min((int)Math.Ceiling(Math.Log2(microseconds) * BinsPerOctave), BinCount - 1);
    }

    private static double Quantile(long[] bins, long count, double quantile)
    {
        if (count == 0)
        {
            return double.NaN;
        }

        var rank = (long)Math.Ceiling(count * quantile);
        var bin = 0;
        for (var seen = bins[0]; seen < rank; seen += bins[bin])
        {
            bin++;
        }

        return Math.Pow(2, (double)bin / BinsPerOctave) / 1e6;
    }

    private sealed class Second
    {
        public long Number { get; set; } = -1;

        public long[] Bins { get; } = new long[BinCount];
    }
}
