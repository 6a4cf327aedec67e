namespace CloudNativeAi.FeatureStore.Transformations;

internal enum WindowFunction
{
    /// <summary>Events in the window, or non-null values when a field is given. 0 for an empty window.</summary>
    Count,

    /// <summary>Exact sum, rounded once. Double.</summary>
    Sum,

    /// <summary>Exact sum over count, rounded once. Double.</summary>
    Mean,

    Min,

    Max,

    /// <summary>Sample standard deviation (n - 1), exact under the root, rounded once. Null below two values. Double.</summary>
    StdDev,

    /// <summary>The value of the greatest (event timestamp, position).</summary>
    Last,

    /// <summary>Distinct values: exact up to 256 a window, HyperLogLog (p = 12, standard error 1.6 %) beyond.</summary>
    DistinctCount,
}

internal static class WindowFunctions
{
    public static bool TryParse(string text, out WindowFunction function)
    {
        (var known, function) = text switch
        {
            "count" => (true, WindowFunction.Count),
            "sum" => (true, WindowFunction.Sum),
            "mean" => (true, WindowFunction.Mean),
            "min" => (true, WindowFunction.Min),
            "max" => (true, WindowFunction.Max),
            "stddev" => (true, WindowFunction.StdDev),
            "last" => (true, WindowFunction.Last),
            "distinct_count" => (true, WindowFunction.DistinctCount),
            _ => (false, default),
        };
        return known;
    }

    /// <summary>The type of the feature, or null when the function does not take the field's type.</summary>
    public static ValueType? ResultType(WindowFunction function, ValueType? fieldType) => (function, fieldType) switch
    {
        (WindowFunction.Count, _) => ValueType.Int64,
        (_, null) => null,
        (WindowFunction.DistinctCount, _) => ValueType.Int64,
        (WindowFunction.Last, { } type) => type,
        (WindowFunction.Min or WindowFunction.Max, ValueType.Int64 or ValueType.Double or ValueType.Timestamp) => fieldType,
        (WindowFunction.Sum or WindowFunction.Mean or WindowFunction.StdDev, ValueType.Int64 or ValueType.Double) => ValueType.Double,
        _ => null,
    };
}
