using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Tests.Transformations;

/// <summary>Windows by their definition: look at every event, each time.</summary>
internal static class WindowOracle
{
    public static FeatureValue Evaluate(
        WindowedFeature feature, long ttl, SourceSchema schema, IReadOnlyCollection<FeatureEvent> events, long asOf)
    {
        var end = EndOf(feature, schema, asOf);
        var window = events.Where(item => IsIn(feature, item.EventTimestamp, end)).ToList();
        if (window.Count == 0)
        {
            return feature.Function == WindowFunction.Count ? FeatureValue.OfInt64(ValueType.Int64, 0, 0) : FeatureValue.NotFound(feature.Type);
        }

        var newest = window.Max(item => item.EventTimestamp);
        var status = ttl > 0 && newest < asOf - ttl ? FeatureStatus.OutsideMaxAge : FeatureStatus.Present;
        var value = Value(feature, window, newest);
        return value.Status == FeatureStatus.Present ? value with { Status = status } : value;
    }

    public static long EndOf(WindowedFeature feature, SourceSchema schema, long asOf) => FloorTo(asOf - schema.WindowDelayMicros, feature.TileMicros);

    public static bool IsIn(WindowedFeature feature, long eventTimestamp, long end) => eventTimestamp >= end - feature.WindowMicros && eventTimestamp < end;

    private static FeatureValue Value(WindowedFeature feature, List<FeatureEvent> window, long newest)
    {
        var values = window
            .Select(item => (item.EventTimestamp, item.Position, Value: ValueOf(item, feature.Field)))
            .Where(item => item.Value is not null)
            .ToList();
        if (feature.Function == WindowFunction.Count)
        {
            return FeatureValue.OfInt64(ValueType.Int64, feature.Field is null ? window.Count : values.Count, newest);
        }

        if (values.Count == 0 || (feature.Function == WindowFunction.StdDev && values.Count < 2))
        {
            return FeatureValue.Null(feature.Type, newest);
        }

        double[] Numbers() => [.. values.Select(item => Convert.ToDouble(item.Value, null))];
        return feature.Function switch
        {
            WindowFunction.Sum => FeatureValue.OfDouble(ExactOracle.Sum(Numbers()), newest),
            WindowFunction.Mean => FeatureValue.OfDouble(ExactOracle.Mean(Numbers()), newest),
            WindowFunction.StdDev => FeatureValue.OfDouble(ExactOracle.SampleStandardDeviation(Numbers()), newest),
            WindowFunction.Min => Of(feature.Type, values.Min(item => item.Value)!, newest),
            WindowFunction.Max => Of(feature.Type, values.Max(item => item.Value)!, newest),
            WindowFunction.Last => Of(feature.Type, values.MaxBy(item => (item.EventTimestamp, item.Position)).Value!, newest),
            _ => FeatureValue.OfInt64(ValueType.Int64, values.Select(item => item.Value).Distinct().Count(), newest),
        };
    }

    private static object? ValueOf(FeatureEvent item, string? field) => field switch
    {
        // -0.0 counts as +0.0.
        "dep_delay" => item.Delay + 0.0,
        "seats" => item.Seats,
        "gate" => item.Gate,
        _ => null,
    };

    private static FeatureValue Of(ValueType type, object value, long newest) => type switch
    {
        ValueType.Double => FeatureValue.OfDouble((double)value, newest),
        ValueType.String => FeatureValue.OfText((string)value, newest),
        _ => FeatureValue.OfInt64(type, (long)value, newest),
    };

    private static long FloorTo(long micros, long step) => (micros >= 0 ? micros / step : -((-micros + step - 1) / step)) * step;
}
