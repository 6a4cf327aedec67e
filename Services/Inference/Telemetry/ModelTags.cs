namespace CloudNativeAi.Inference.Telemetry;

/// <summary>The tags of one version's measurements, made once: to make them for each request costs as much as to measure.</summary>
internal sealed class ModelTags(string modelName, int version)
{
    private readonly KeyValuePair<string, object?>[] _all = [new("model.name", modelName), new("model.version", version)];
    private readonly KeyValuePair<string, object?>[] _success = [new("model.name", modelName), new("model.version", version), new("outcome", "success")];
    private readonly KeyValuePair<string, object?>[] _failure = [new("model.name", modelName), new("model.version", version), new("outcome", "failure")];

    public ReadOnlySpan<KeyValuePair<string, object?>> All => _all;

    public ReadOnlySpan<KeyValuePair<string, object?>> Success => _success;

    public ReadOnlySpan<KeyValuePair<string, object?>> Failure => _failure;
}
