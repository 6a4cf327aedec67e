namespace CloudNativeAi.Monitoring.Drift;

/// <summary>Population stability index with Evidently's treatment of empty bins, so that both report the same number.</summary>
internal static class PopulationStabilityIndex
{
    private const double EmptyShare = 0.0001;

    public static double FromCounts(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) =>
        FromShares(Shares.Of(reference), Shares.Of(current));

    public static double FromShares(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        Shares.RequireSameBins(reference, current);
        var emptyReference = FillFor(reference);
        var emptyCurrent = FillFor(current);

        var index = 0.0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            var expected = reference[bin] == 0 ? emptyReference : reference[bin];
            var actual = current[bin] == 0 ? emptyCurrent : current[bin];
            index += (expected - actual) * Math.Log(expected / actual);
        }

        return index;
    }

    /// <summary>Mean of the index between two samples of one distribution: what is left when nothing drifted.</summary>
    public static double ExpectedWithoutDrift(double referenceSize, double currentSize, int bins) =>
        ((1 / referenceSize) + (1 / currentSize)) * (bins - 1);

    // Zeros become 0.0001, or a millionth of the smallest share where that is not above 0.0001.
    private static double FillFor(ReadOnlySpan<double> shares)
    {
        var smallest = double.PositiveInfinity;
        foreach (var share in shares)
        {
            if (share > 0 && share < smallest)
            {
                smallest = share;
            }
        }

        return smallest <= EmptyShare ? smallest / 1_000_000 : EmptyShare;
    }
}
