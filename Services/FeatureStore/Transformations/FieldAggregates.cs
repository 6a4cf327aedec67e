namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>What of a field has to be kept in each tile; follows from the functions asked of it.</summary>
[Flags]
internal enum FieldAggregates
{
    None = 0,
    Sum = 1,
    Squares = 2,
    Minimum = 4,
    Maximum = 8,
    Last = 16,
    Distinct = 32,
}

internal static class FieldAggregatesOf
{
    public static FieldAggregates Function(WindowFunction function) => function switch
    {
        WindowFunction.Sum or WindowFunction.Mean => FieldAggregates.Sum,
        WindowFunction.StdDev => FieldAggregates.Sum | FieldAggregates.Squares,
        WindowFunction.Min => FieldAggregates.Minimum,
        WindowFunction.Max => FieldAggregates.Maximum,
        WindowFunction.Last => FieldAggregates.Last,
        WindowFunction.DistinctCount => FieldAggregates.Distinct,
        // The number of non-null values is always kept.
        _ => FieldAggregates.None,
    };
}
