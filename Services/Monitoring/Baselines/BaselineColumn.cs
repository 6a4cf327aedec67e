namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>One feature, or the score, encoded as the model sees it.</summary>
/// <param name="Edges">
/// Numeric: bin i holds edges[i-1] &lt; x &lt;= edges[i], the first and last bin are open. Null for a category, whose value is its bin.
/// </param>
/// <param name="Counts">One per bin.</param>
internal sealed record BaselineColumn(string Name, double[]? Edges, long[] Counts, long Missing)
{
    public int Bins => Counts.Length;

    /// <summary>Values that are not missing.</summary>
    public long Count { get; } = Counts.Sum();

    public double MissingShare => Missing + Count == 0 ? 0 : (double)Missing / (Missing + Count);

    /// <summary>Null: missing, which includes infinite numbers and categories that the vocabulary lacks.</summary>
    public int? BinOf(double value)
    {
        if (!double.IsFinite(value))
        {
            return null;
        }

        if (Edges is null)
        {
            return value >= 0 && value < Counts.Length && Math.Floor(value) == value ? (int)value : null;
        }

        var index = Array.BinarySearch(Edges, value);
        return index >= 0 ? index : ~index;
    }
}
