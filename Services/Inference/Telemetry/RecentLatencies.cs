using CloudNativeAi.Contracts.Inference;

namespace CloudNativeAi.Inference.Telemetry;

/// <summary>Latencies of the last minute: one histogram per second, in the bins of <see cref="LatencyHistogram"/>.</summary>
internal sealed class RecentLatencies(TimeProvider timeProvider)
{
    public const int WindowSeconds = 60;

    // One more than the window: the second that is being overwritten is not read.
    private readonly Second[] _seconds = [.. Enumerable.Range(0, WindowSeconds + 1).Select(_ => new Second())];

    public void Record(TimeSpan duration)
    {
        var bin = LatencyHistogram.BinOf(duration);
        var now = NowSeconds();
        var second = _seconds[now % _seconds.Length];
        lock (second)
        {
            if (second.Number != now)
            {
                Array.Clear(second.Bins);
                second.Number = now;
            }

            second.Bins[bin]++;
        }
    }

    /// <summary>Of the last minute.</summary>
    public LatencyHistogram Read()
    {
        Span<long> bins = stackalloc long[LatencyHistogram.BinCount];
        var oldest = NowSeconds() - WindowSeconds + 1;
        foreach (var second in _seconds)
        {
            lock (second)
            {
                if (second.Number >= oldest)
                {
                    for (var bin = 0; bin < bins.Length; bin++)
                    {
                        bins[bin] += second.Bins[bin];
                    }
                }
            }
        }

        return LatencyHistogram.From(bins);
    }

    private long NowSeconds() => timeProvider.GetTimestamp() / timeProvider.TimestampFrequency;

    private sealed class Second
    {
        public long Number { get; set; } = -1;

        public long[] Bins { get; } = new long[LatencyHistogram.BinCount];
    }
}
