using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Tests.TrainingSets;

/// <summary>Values as text that is equal exactly when they are: doubles by their bits.</summary>
internal static class FeatureValues
{
    public static string Describe(FeatureValue value) =>
        $"{value.Status} {value.EventTimestampMicros} {(value.HasValue ? DescribeValue(value) : "")}";

    public static string DescribeValue(FeatureValue value) => $"{BitConverter.DoubleToInt64Bits(value.Double):x} {value.Int64} {value.Text}";
}
