using System.Text.Json;
using System.Text.Json.Serialization;

namespace CloudNativeAi.Modeling;

/// <summary>
/// signature.json of a model that is asked with tensors, not with features: what the server does before and after its run.
/// A member that is not known is refused, since what it asks for would not be done.
/// </summary>
/// <param name="Inputs">Of model.onnx, all of them; may be absent, as may the outputs, of which only some need to be listed.</param>
/// <param name="Tokenizer">Null: the model takes tensors as they are.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TensorModelSignature(
    int FormatVersion, IReadOnlyList<TensorSignature>? Inputs = null, IReadOnlyList<TensorSignature>? Outputs = null,
    TokenizerSignature? Tokenizer = null)
{
    /// <summary>Which of the two forms a signature.json has: only that of features names a feature service.</summary>
    /// <exception cref="JsonException">The content is no JSON object.</exception>
    public static bool IsFormOf(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? !document.RootElement.TryGetProperty("feature_service", out _)
            : throw new JsonException("signature.json is no object.");
    }

    /// <exception cref="JsonException">The content is not such a signature, or one of a newer format.</exception>
    public static TensorModelSignature Parse(ReadOnlySpan<byte> json)
    {
        var signature = ModelJson.Deserialize<TensorModelSignature>(json);
        ModelSignature.CheckFormatVersion(signature.FormatVersion);
        foreach (var output in signature.Outputs ?? [])
        {
            output.CheckClassLabels();
        }

        signature.Tokenizer?.Check();
        return signature;
    }

    public byte[] ToJson() => ModelJson.Serialize(this);
}
