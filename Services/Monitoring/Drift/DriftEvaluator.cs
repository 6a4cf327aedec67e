using CloudNativeAi.Monitoring.Baselines;
using MathNet.Numerics.Distributions;

namespace CloudNativeAi.Monitoring.Drift;

/// <summary>Compares a histogram with the baseline it was counted over.</summary>
/// <remarks>
/// One statistic, for numbers and categories alike: the stability index says how much a distribution moved, and its raised
/// threshold is a chi-square test of whether it moved at all, shared out (Bonferroni) among all indices of a window. Tests that need the
/// values themselves, as Kolmogorov and Smirnov's, have no place here: of a window only counts are kept.
/// </remarks>
internal static class DriftEvaluator
{
    // Of windows without drift, the share that may pass a raised threshold in any score.
    private const double FalseAlarmShare = 0.01;

    /// <summary>One figure per feature, then the score's; none when the histogram is empty.</summary>
    public static IReadOnlyList<DriftFigure> Evaluate(Baseline baseline, ReadOnlySpan<long> histogram, DriftOptions options)
    {
        if (histogram.Length != baseline.HistogramLength)
        {
            return [];
        }

        var figures = new List<DriftFigure>(baseline.Columns.Count);
        for (var column = 0; column < baseline.Columns.Count; column++)
        {
            var bins = baseline.Bins(histogram, column);
            var missing = baseline.Missing(histogram, column);
            figures.Add(Evaluate(baseline.Columns[column], bins, missing, baseline.Columns.Count, options));
        }

        return figures;
    }

    private static DriftFigure Evaluate(BaselineColumn column, ReadOnlySpan<long> bins, long missing, int columns, DriftOptions options)
    {
        var count = 0L;
        foreach (var bin in bins)
        {
            count += bin;
        }

        // Values: compared among those present on both sides. Missing: its own index over two bins, so that a feature that
        // disappears is as loud as one that moves.
        var comparable = count > 0 && column.Count > 0;
        var psi = comparable ? PopulationStabilityIndex.FromCounts(column.Counts, bins) : 0;
        var counted = missing + count > 0 && column.Missing + column.Count > 0;
        var missingPsi = counted ? PopulationStabilityIndex.FromCounts([column.Missing, column.Count], [missing, count]) : 0;

        var (watch, drift) = Thresholds(column.Count, count, column.Bins, columns, options);
        var (missingWatch, missingDrift) = Thresholds(column.Missing + column.Count, missing + count, 2, columns, options);
        var level = psi >= drift || missingPsi >= missingDrift ? DriftFigure.Drift
            : psi >= watch || missingPsi >= missingWatch ? DriftFigure.Watch
            : DriftFigure.Ok;

        return new DriftFigure(
            column.Name, psi, missingPsi, missing + count > 0 ? (double)missing / (missing + count) : 0, column.MissingShare,
            comparable ? PopulationStabilityIndex.ExpectedWithoutDrift(column.Count, count, column.Bins) : 0, watch, drift, level);
    }

    // Every column has two indices, of its values and of its missing ones.
    // Without drift the index is about (1/N + 1/M) times a chi-square variable with bins - 1 degrees of freedom.
    private static (double Watch, double Drift) Thresholds(long baselineCount, long count, int bins, int columns, DriftOptions options)
    {
        if (!options.RaiseForSmallSamples || baselineCount == 0 || count == 0 || bins < 2)
        {
            return (options.WatchThreshold, options.DriftThreshold);
        }

        var byChance = ((1.0 / baselineCount) + (1.0 / count)) * ChiSquared.InvCDF(bins - 1, 1 - (FalseAlarmShare / (2 * columns)));
        return (Math.Max(options.WatchThreshold, byChance), Math.Max(options.DriftThreshold, byChance));
    }
}
