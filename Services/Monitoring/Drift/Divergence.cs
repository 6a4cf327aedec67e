namespace CloudNativeAi.Monitoring.Drift;

/// <summary>Distances between two binned distributions; the shares of each side sum to one.</summary>
internal static class Divergence
{
    /// <summary>Kullback-Leibler divergence from reference to current in nats, empty bins filled as for the stability index.</summary>
    public static double KullbackLeibler(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        Shares.RequireSameBins(reference, current);
        var emptyReference = PopulationStabilityIndex.FillFor(reference);
        var emptyCurrent = PopulationStabilityIndex.FillFor(current);

        var sum = 0.0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            var r = reference[bin] == 0 ? emptyReference : reference[bin];
            var c = current[bin] == 0 ? emptyCurrent : current[bin];
            sum += r * Math.Log(r / c);
        }

        return sum;
    }

    /// <summary>Square root of the Jensen-Shannon divergence; natural logarithm unless another base is given.</summary>
    public static double JensenShannon(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, double logarithmBase = Math.E)
    {
        Shares.RequireSameBins(reference, current);
        var sum = 0.0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            var middle = (reference[bin] + current[bin]) / 2;
            sum += Term(reference[bin], middle) + Term(current[bin], middle);
        }

        return Math.Sqrt(Math.Max(0, sum / 2) / Math.Log(logarithmBase));
    }

    public static double Hellinger(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        Shares.RequireSameBins(reference, current);
        var overlap = 0.0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            overlap += Math.Sqrt(reference[bin] * current[bin]);
        }

        return Math.Sqrt(Math.Max(0, 1 - overlap));
    }

    /// <summary>Largest difference of a bin's share.</summary>
    public static double LInfinity(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        Shares.RequireSameBins(reference, current);
        var largest = 0.0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            largest = Math.Max(largest, Math.Abs(reference[bin] - current[bin]));
        }

        return largest;
    }

    public static double TotalVariation(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        Shares.RequireSameBins(reference, current);
        var sum = 0.0;
        for (var bin = 0; bin < reference.Length; bin++)
        {
            sum += Math.Abs(reference[bin] - current[bin]);
        }

        return sum / 2;
    }

    private static double Term(double share, double middle) => share > 0 ? share * Math.Log(share / middle) : 0;
}
