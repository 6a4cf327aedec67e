using System.Text.Json;
using System.Text.Json.Serialization;

namespace CloudNativeAi.Modeling;

/// <summary>ensemble.json: a graph of models, joined by tensor name as in Triton's ensemble_scheduling. A member that is not known is refused.</summary>
/// <param name="Inputs">What requests give.</param>
/// <param name="Outputs">What they get; each the tensor of that name which a step makes.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record EnsembleSignature(
    int FormatVersion, IReadOnlyList<TensorSignature> Inputs, IReadOnlyList<TensorSignature> Outputs, IReadOnlyList<EnsembleStep> Steps)
{
    /// <exception cref="JsonException">The content is no such graph, or one of a newer format.</exception>
    public static EnsembleSignature Parse(ReadOnlySpan<byte> json)
    {
        var signature = ModelJson.Deserialize<EnsembleSignature>(json);
        ModelSignature.CheckFormatVersion(signature.FormatVersion);
        foreach (var output in signature.Outputs)
        {
            output.CheckClassLabels();
        }

        return signature;
    }

    public byte[] ToJson() => ModelJson.Serialize(this);
}

/// <summary>One model of the graph.</summary>
/// <param name="InputMap">The model's inputs, all of them, to the ensemble's tensors they get.</param>
/// <param name="OutputMap">The model's outputs that are used, to the ensemble's tensors they become.</param>
/// <param name="ModelVersion">A number, or an alias, which is followed; empty: the champion.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record EnsembleStep(
    string ModelName, IReadOnlyDictionary<string, string> InputMap, IReadOnlyDictionary<string, string> OutputMap, string ModelVersion = "");
