namespace CloudNativeAi.Monitoring.Drift;

internal static class Shares
{
    /// <summary>Counts divided by their sum; all zero when there is nothing.</summary>
    public static double[] Of(ReadOnlySpan<long> counts)
    {
        var total = 0L;
        foreach (var count in counts)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            total += count;
        }

        var shares = new double[counts.Length];
        for (var bin = 0; total > 0 && bin < counts.Length; bin++)
        {
            shares[bin] = (double)counts[bin] / total;
        }

        return shares;
    }

    public static void RequireSameBins(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        if (reference.Length != current.Length || reference.Length == 0)
        {
            throw new ArgumentException($"Both sides need the same bins, at least one: {reference.Length} and {current.Length}.");
        }
    }
}
