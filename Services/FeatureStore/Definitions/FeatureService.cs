namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>The features one model reads, in the model's order, and what it needs at request time.</summary>
/// <param name="JoinKeys">Union of the views' join keys, each once, in order of first use.</param>
internal sealed record FeatureService(
    string Name,
    string Description,
    IReadOnlyList<FeatureReference> Features,
    IReadOnlyList<EntityKey> JoinKeys,
    IReadOnlyList<RequestField> RequestFields,
    IReadOnlyList<RequestFeature> RequestFeatures);

internal sealed record FeatureReference(string View, string Feature, ValueType Type)
{
    public string FullName => $"{View}:{Feature}";
}

internal sealed record RequestField(string Name, ValueType Type);

internal sealed record RequestFeature(string Name, ValueType Type, string Expression);
