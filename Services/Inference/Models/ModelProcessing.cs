using System.Text.Json;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tokenization;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Models;

/// <summary>What a version's own signature.json says of the way to its model's inputs and from its outputs.</summary>
/// <param name="Encoder">Null: it can be asked with tensors only.</param>
/// <param name="ClassLabels">Of every output; null: its columns have no names.</param>
/// <param name="Text">Null: requests give the model's own inputs.</param>
internal sealed record ModelProcessing(FeatureEncoder? Encoder, IReadOnlyList<IReadOnlyList<string>?> ClassLabels, TextEncoder? Text = null)
{
    /// <param name="directory">Of the version's files; signature.json may be absent.</param>
    /// <exception cref="InferenceException">The signature contradicts itself or the model.</exception>
    public static ModelProcessing Read(string directory, OnnxModel onnx)
    {
        var path = Path.Combine(directory, ModelFiles.Signature);
        if (!File.Exists(path))
        {
            return new ModelProcessing(null, new IReadOnlyList<string>?[onnx.Outputs.Count]);
        }

        try
        {
            var json = File.ReadAllBytes(path);
            return TensorModelSignature.IsFormOf(json) ? ForTensors(TensorModelSignature.Parse(json), directory, onnx) : ForFeatures(ModelSignature.Parse(json), onnx);
        }
        catch (Exception exception) when (exception is JsonException or ExpressionException)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The version's signature cannot be used: {exception.Message}", exception);
        }
    }

    private static ModelProcessing ForFeatures(ModelSignature signature, OnnxModel onnx)
    {
        Check(signature.Inputs, signature.Outputs, onnx);
        if (onnx.Outputs.FirstOrDefault(output => output.Name == ModelSignature.OutputName) is not { Datatype: Datatype.Fp64 })
        {
            throw Refused("model.onnx has no output 'score' of FP64.");
        }

        return new ModelProcessing(
            new FeatureEncoder(signature), [.. onnx.Outputs.Select(output => output.Name == ModelSignature.OutputName ? signature.ClassLabels : null)]);
    }

    private static ModelProcessing ForTensors(TensorModelSignature signature, string directory, OnnxModel onnx)
    {
        var outputs = signature.Outputs ?? [];
        Check(signature.Inputs, outputs, onnx);
        return new ModelProcessing(
            null, [.. onnx.Outputs.Select(output => outputs.FirstOrDefault(signed => signed.Name == output.Name)?.ClassLabels)],
            signature.Tokenizer is null ? null : TextEncoder.Read(directory, signature.Tokenizer, onnx));
    }

    private static void Check(IReadOnlyList<TensorSignature>? inputs, IReadOnlyList<TensorSignature> outputs, OnnxModel onnx)
    {
        if (inputs is not null && (inputs.Count != onnx.Inputs.Count || !inputs.Zip(onnx.Inputs).All(pair => Matches(pair.First, pair.Second))))
        {
            throw Refused($"The signature's tensors are not those of model.onnx, whose inputs are {Format(onnx.Inputs)}.");
        }

        if (outputs.FirstOrDefault(output => !onnx.Outputs.Any(tensor => Matches(output, tensor))) is { } unknown)
        {
            throw Refused($"The signature's tensors are not those of model.onnx: it has no output '{unknown.Name}' of {unknown.Datatype} [{string.Join(',', unknown.Shape)}]; its outputs are {Format(onnx.Outputs)}.");
        }
    }

    private static bool Matches(TensorSignature signed, TensorInfo actual) =>
        signed.Name == actual.Name && signed.Datatype == actual.Datatype.ToName() && signed.Shape.SequenceEqual(actual.Shape);

    private static string Format(IEnumerable<TensorInfo> tensors) =>
        string.Join(", ", tensors.Select(tensor => $"'{tensor.Name}' of {tensor.Datatype.ToName()} {Shapes.Format(tensor.Shape)}"));

    private static InferenceException Refused(string message) => new(InferenceErrorKind.FailedPrecondition, message);
}
