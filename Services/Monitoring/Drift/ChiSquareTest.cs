using MathNet.Numerics.Distributions;

namespace CloudNativeAi.Monitoring.Drift;

internal static class ChiSquareTest
{
    /// <summary>Goodness of fit of the current counts to the reference's shares (Evidently's test).</summary>
    public static (double Statistic, double PValue) GoodnessOfFit(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        var expectedShares = Shares.Of(reference);
        Shares.RequireSameBins(expectedShares, Shares.Of(current));
        var total = Sum(current);

        var statistic = 0.0;
        for (var bin = 0; bin < current.Length; bin++)
        {
            var expected = expectedShares[bin] * total;
            var difference = current[bin] - expected;
            // A value the reference never had: infinitely surprising, unless it is absent here as well.
            statistic += difference == 0 ? 0 : difference * difference / expected;
        }

        return (statistic, UpperTail(statistic, current.Length - 1));
    }

    /// <summary>Independence of side and bin in the 2 x B table (NannyML's test).</summary>
    public static (double Statistic, double PValue) Contingency(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        Shares.RequireSameBins(Shares.Of(reference), Shares.Of(current));
        var (referenceTotal, currentTotal) = (Sum(reference), Sum(current));
        var total = (double)referenceTotal + currentTotal;

        var (statistic, bins) = (0.0, 0);
        for (var bin = 0; bin < reference.Length; bin++)
        {
            var column = (double)reference[bin] + current[bin];
            if (column == 0)
            {
                continue;
            }

            bins++;
            var expectedReference = column * referenceTotal / total;
            var expectedCurrent = column * currentTotal / total;
            statistic += Square(reference[bin] - expectedReference) / expectedReference;
            statistic += Square(current[bin] - expectedCurrent) / expectedCurrent;
        }

        return (statistic, UpperTail(statistic, bins - 1));
    }

    private static double UpperTail(double statistic, int degreesOfFreedom) =>
        degreesOfFreedom < 1 ? 1
        : double.IsInfinity(statistic) ? 0
        : 1 - ChiSquared.CDF(degreesOfFreedom, statistic);

    private static double Square(double value) => value * value;

    private static long Sum(ReadOnlySpan<long> counts)
    {
        var sum = 0L;
        foreach (var count in counts)
        {
            sum += count;
        }

        return sum;
    }
}
