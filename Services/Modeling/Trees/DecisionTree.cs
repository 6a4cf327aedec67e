namespace CloudNativeAi.Modeling.Trees;

/// <summary>One tree in parallel arrays. A child is a node when it is at least 0, else the leaf with the number ~child.</summary>
public sealed record DecisionTree(
    IReadOnlyList<int> SplitFeatures,
    IReadOnlyList<double> Thresholds,
    IReadOnlyList<bool> DefaultsLeft,
    IReadOnlyList<MissingValues> Missing,
    IReadOnlyList<IReadOnlyList<int>?> LeftCategories,
    IReadOnlyList<int> LeftChildren,
    IReadOnlyList<int> RightChildren,
    IReadOnlyList<double> LeafValues)
{
    public int NodeCount => SplitFeatures.Count;

    /// <summary>Training rows that went through each node; empty: not known.</summary>
    public IReadOnlyList<int> NodeCovers { get; init; } = [];

    /// <summary>Training rows that fell into each leaf; empty: not known.</summary>
    public IReadOnlyList<int> LeafCovers { get; init; } = [];

    /// <summary>The value of the leaf that a row falls into, by LightGBM's rules.</summary>
    public double Evaluate(ReadOnlySpan<double> row)
    {
        if (NodeCount == 0)
        {
            return LeafValues[0];
        }

        var node = 0;
        while (node >= 0)
        {
            node = GoesLeft(node, row[SplitFeatures[node]]) ? LeftChildren[node] : RightChildren[node];
        }

        return LeafValues[~node];
    }

    internal bool GoesLeft(int node, double value)
    {
        if (LeftCategories[node] is { } categories)
        {
            // Missing, negative and unknown categories go right.
            return value >= 0 && value <= int.MaxValue && categories.Contains((int)value);
        }

        if (double.IsNaN(value))
        {
            if (Missing[node] == MissingValues.AreNaN)
            {
                return DefaultsLeft[node];
            }

            value = 0;
        }

        return value <= Thresholds[node];
    }
}

/// <summary>What a split takes for a missing value.</summary>
public enum MissingValues
{
    /// <summary>The column had none in training: NaN is read as 0.</summary>
    None,

    /// <summary>NaN goes the default way.</summary>
    AreNaN,
}
