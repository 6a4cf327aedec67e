using CloudNativeAi.Monitoring.Baselines;

namespace CloudNativeAi.Monitoring.Drift;

/// <summary>Counts of one window; histograms over the same baseline add up, so memory does not grow with predictions.</summary>
internal sealed class WindowHistogram(Baseline? baseline)
{
    public long Sample { get; private set; }

    /// <summary>Records whose number of features is not the signature's: only their score is counted.</summary>
    public long Malformed { get; private set; }

    /// <summary>Empty without a baseline.</summary>
    public long[] Counts { get; } = new long[baseline?.HistogramLength ?? 0];

    public void Add(double score, ReadOnlySpan<double> features)
    {
        Sample++;
        if (baseline is null)
        {
            return;
        }

        baseline.Count(Counts, baseline.FeatureCount, score);
        if (features.Length != baseline.FeatureCount)
        {
            Malformed++;
            return;
        }

        for (var column = 0; column < features.Length; column++)
        {
            baseline.Count(Counts, column, features[column]);
        }
    }
}
