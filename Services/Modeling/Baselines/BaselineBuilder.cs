namespace CloudNativeAi.Modeling;

public static class BaselineBuilder
{
    /// <summary>Bins of a numeric feature; fewer where values repeat.</summary>
    public const int Bins = 10;

    /// <param name="values">The encoded column; NaN is missing.</param>
    public static FeatureBaseline Numeric(string name, IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var present = new List<double>();
        long missing = 0;
        foreach (var value in values)
        {
            if (double.IsNaN(value))
            {
                missing++;
            }
            else
            {
                present.Add(value);
            }
        }

        present.Sort();
        var edges = QuantileEdges(present);
        var counts = new long[edges.Count + 1];
        foreach (var value in present)
        {
            counts[BinOf(edges, value)]++;
        }

        var mean = present.Count > 0 ? present.Average() : (double?)null;
        double? deviation = mean is { } center ? Math.Sqrt(present.Sum(value => (value - center) * (value - center)) / present.Count) : null;
        return new FeatureBaseline(
            name, FeatureKind.Numeric, present.Count, missing, Share(missing, present.Count), counts, edges, null,
            mean, deviation, present.Count > 0 ? present[0] : null, present.Count > 0 ? present[^1] : null);
    }

    /// <param name="values">The encoded column: the number of a category, or NaN.</param>
    public static FeatureBaseline Categorical(string name, IReadOnlyList<string> vocabulary, IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(values);
        var counts = new long[vocabulary.Count];
        long missing = 0;
        foreach (var value in values)
        {
            if (double.IsNaN(value))
            {
                missing++;
            }
            else
            {
                counts[(int)value]++;
            }
        }

        var count = counts.Sum();
        return new FeatureBaseline(name, FeatureKind.Categorical, count, missing, Share(missing, count), counts, Categories: vocabulary);
    }

    /// <summary>The bin of a value: the first whose upper edge is not below it.</summary>
    public static int BinOf(IReadOnlyList<double> edges, double value)
    {
        ArgumentNullException.ThrowIfNull(edges);
        var (low, high) = (0, edges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (value <= edges[middle])
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    // Edges at the quantiles, each once; the greatest value is no edge, since nothing lies above it.
    private static List<double> QuantileEdges(List<double> sorted)
    {
        var edges = new List<double>();
        for (var bin = 1; bin < Bins && sorted.Count > 0; bin++)
        {
            var edge = sorted[(int)((long)bin * (sorted.Count - 1) / Bins)];
            if (edge < sorted[^1] && (edges.Count == 0 || edge > edges[^1]))
            {
                edges.Add(edge);
            }
        }

        return edges;
    }

    private static double Share(long missing, long count) => missing + count == 0 ? 0 : (double)missing / (missing + count);
}
