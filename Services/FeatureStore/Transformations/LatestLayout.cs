using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>A latest-value view prepared for work: which column each feature is.</summary>
internal sealed record LatestLayout(FeatureView View, SourceSchema Schema, int[] Columns)
{
    public static LatestLayout Create(FeatureView view, SourceSchema schema) => new(
        view,
        schema,
        [.. view.Latest.Select(feature => schema.IndexOf(feature.Field) is var column and >= 0
            ? column
            : throw new InvalidOperationException($"The source '{schema.Name}' has no field '{feature.Field}' any more."))]);
}
