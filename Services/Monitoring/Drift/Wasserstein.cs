namespace CloudNativeAi.Monitoring.Drift;

/// <summary>First Wasserstein (earth mover's) distance between two samples.</summary>
internal static class Wasserstein
{
    // Evidently's floor for the reference's deviation.
    private const double LeastDeviation = 0.001;

    public static double Distance(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var x = Samples.Sorted(first);
        var y = Samples.Sorted(second);

        var (i, j, distance) = (0, 0, 0.0);
        var previous = Math.Min(x[0], y[0]);
        while (i < x.Length || j < y.Length)
        {
            var value = j == y.Length || (i < x.Length && x[i] <= y[j]) ? x[i] : y[j];
            distance += Math.Abs(((double)i / x.Length) - ((double)j / y.Length)) * (value - previous);
            previous = value;
            if (i < x.Length && x[i] == value)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return distance;
    }

    /// <summary>The distance in standard deviations (population form) of the reference.</summary>
    public static double Normed(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        var mean = 0.0;
        foreach (var value in reference)
        {
            mean += value / reference.Length;
        }

        var variance = 0.0;
        foreach (var value in reference)
        {
            variance += (value - mean) * (value - mean) / reference.Length;
        }

        return Distance(reference, current) / Math.Max(Math.Sqrt(variance), LeastDeviation);
    }
}
