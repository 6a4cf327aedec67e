namespace CloudNativeAi.Modeling.Dense;

/// <summary>
/// How an encoded row becomes the input of the first layer: standardized numbers (missing is the mean, so 0), one flag for each
/// numeric feature that can be missing, one flag for each category (none set when it is missing).
/// </summary>
public sealed class DenseInput
{
    /// <param name="means">One per numeric feature; likewise deviations, which must not be 0.</param>
    /// <param name="categoryCounts">One per categorical feature.</param>
    public DenseInput(
        int featureCount,
        IReadOnlyList<int> numeric,
        IReadOnlyList<double> means,
        IReadOnlyList<double> deviations,
        IReadOnlyList<int> canBeMissing,
        IReadOnlyList<int> categorical,
        IReadOnlyList<int> categoryCounts)
    {
        ArgumentNullException.ThrowIfNull(numeric);
        ArgumentNullException.ThrowIfNull(canBeMissing);
        ArgumentNullException.ThrowIfNull(categoryCounts);
        FeatureCount = featureCount;
        Numeric = numeric;
        Means = means;
        Deviations = deviations;
        CanBeMissing = canBeMissing;
        Categorical = categorical;
        CategoryCounts = categoryCounts;
        Width = numeric.Count + canBeMissing.Count + categoryCounts.Sum();
    }

    public int FeatureCount { get; }

    public IReadOnlyList<int> Numeric { get; }

    public IReadOnlyList<double> Means { get; }

    public IReadOnlyList<double> Deviations { get; }

    public IReadOnlyList<int> CanBeMissing { get; }

    public IReadOnlyList<int> Categorical { get; }

    public IReadOnlyList<int> CategoryCounts { get; }

    /// <summary>Numbers that the first layer takes.</summary>
    public int Width { get; }

    public void Expand(ReadOnlySpan<double> row, Span<double> expanded)
    {
        expanded[..Width].Clear();
        var next = 0;
        for (var index = 0; index < Numeric.Count; index++)
        {
            var value = row[Numeric[index]];
            expanded[next++] = double.IsNaN(value) ? 0 : (value - Means[index]) * (1 / Deviations[index]);
        }

        foreach (var feature in CanBeMissing)
        {
            expanded[next++] = double.IsNaN(row[feature]) ? 1 : 0;
        }

        for (var index = 0; index < Categorical.Count; index++)
        {
            var value = row[Categorical[index]];
            if (value >= 0 && value < CategoryCounts[index])
            {
                expanded[next + (int)value] = 1;
            }

            next += CategoryCounts[index];
        }
    }
}
