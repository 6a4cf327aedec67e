namespace CloudNativeAi.Contracts.Inference;

/// <summary>How the bins are read and summed; whoever fills them and whoever shows them use the same.</summary>
public sealed partial class LatencyHistogram
{
    /// <summary>Bins there are: the last one ends above 55 s and holds all that took longer.</summary>
    public const int BinCount = 26 * BinsPerOctave;

    private const int BinsPerOctave = 4;

    /// <summary>Durations that were counted.</summary>
    public long Total => Counts.Sum();

    /// <summary>The bin that a duration falls into.</summary>
    public static int BinOf(TimeSpan duration)
    {
        var microseconds = duration.TotalMicroseconds;
        return microseconds <= 1 ? 0 : Math.Min((int)Math.Ceiling(Math.Log2(microseconds) * BinsPerOctave), BinCount - 1);
    }

    /// <summary>The longest duration that a bin holds, seconds.</summary>
    public static double UpperBoundSeconds(int bin) => Math.Pow(2, (double)bin / BinsPerOctave) / 1e6;

    /// <summary>Of the counts of all bins, in order.</summary>
    public static LatencyHistogram From(ReadOnlySpan<long> bins)
    {
        var first = bins.IndexOfAnyExcept(0);
        var histogram = new LatencyHistogram();
        if (first >= 0)
        {
            histogram.FirstBin = first;
            histogram.Counts.AddRange(bins[first..(bins.LastIndexOfAnyExcept(0) + 1)].ToArray());
        }

        return histogram;
    }

    /// <summary>Of several replicas as of one.</summary>
    public static LatencyHistogram Sum(IEnumerable<LatencyHistogram?> histograms)
    {
        Span<long> bins = stackalloc long[BinCount];
        foreach (var histogram in histograms)
        {
            for (var i = 0; i < (histogram?.Counts.Count ?? 0); i++)
            {
                bins[Math.Min(histogram!.FirstBin + i, BinCount - 1)] += histogram.Counts[i];
            }
        }

        return From(bins);
    }

    /// <summary>Seconds, at most 19 % too high; NaN when nothing was counted.</summary>
    /// <param name="quantile">0 to 1.</param>
    public double Quantile(double quantile)
    {
        var total = Total;
        if (total == 0)
        {
            return double.NaN;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(total * quantile));
        var bin = 0;
        for (var seen = Counts[0]; seen < rank; seen += Counts[bin])
        {
            bin++;
        }

        return UpperBoundSeconds(FirstBin + bin);
    }
}
