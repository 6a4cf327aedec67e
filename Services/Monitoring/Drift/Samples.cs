namespace CloudNativeAi.Monitoring.Drift;

internal static class Samples
{
    /// <summary>A sorted copy; neither empty nor with NaN, which has no order.</summary>
    public static double[] Sorted(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
        {
            throw new ArgumentException("A sample must not be empty.");
        }

        var sorted = values.ToArray();
        foreach (var value in sorted)
        {
            if (double.IsNaN(value))
            {
                throw new ArgumentException("A sample must not hold NaN; leave missing values out.");
            }
        }

        Array.Sort(sorted);
        return sorted;
    }
}
