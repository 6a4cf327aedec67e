using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using InputTensor = CloudNativeAi.Contracts.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>Reads and checks the tensors of a request. Messages are worded as Triton words them.</summary>
internal static class RequestTensors
{
    private static readonly string[] ReservedPrefixes = ["triton_"];

    /// <summary>Tensors in the order of the model's inputs.</summary>
    /// <exception cref="InferenceException">The request does not fit the model.</exception>
    public static Tensor[] Read(ModelInferRequest request, OnnxModel model, int maxBatchSize)
    {
        RefuseReserved(request);
        var isRaw = request.RawInputContents.Count > 0;
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw InferenceException.Invalid($"expected {request.Inputs.Count} raw_input_contents, one per input, got {request.RawInputContents.Count} for model '{request.ModelName}'");
        }

        var tensors = new Tensor[model.Inputs.Count];
        var seen = new bool[tensors.Length];
        for (var position = 0; position < request.Inputs.Count; position++)
        {
            var input = request.Inputs[position];
            var index = IndexOf(model.Inputs, input.Name);
            if (index < 0)
            {
                throw InferenceException.Invalid($"unexpected inference input '{input.Name}' for model '{request.ModelName}'");
            }

            if (seen[index])
            {
                throw InferenceException.Invalid($"input '{input.Name}' is given twice for model '{request.ModelName}'");
            }

            seen[index] = true;
            tensors[index] = ReadOne(request, input, isRaw ? request.RawInputContents[position].Memory : null, model.Inputs[index]);
        }

        if (Array.IndexOf(seen, false) is var missing and >= 0)
        {
            throw InferenceException.Invalid($"expected {model.Inputs.Count} inputs but got {request.Inputs.Count} inputs for model '{request.ModelName}'; '{model.Inputs[missing].Name}' is missing");
        }

        CheckBatch(request.ModelName, tensors, model, maxBatchSize);
        return tensors;
    }

    /// <summary>Indexes of the requested outputs; all of them when none is named.</summary>
    public static int[] Outputs(ModelInferRequest request, OnnxModel model)
    {
        if (request.Outputs.Count == 0)
        {
            return [.. Enumerable.Range(0, model.Outputs.Count)];
        }

        var outputs = new int[request.Outputs.Count];
        for (var position = 0; position < outputs.Length; position++)
        {
            var name = request.Outputs[position].Name;
            outputs[position] = IndexOf(model.Outputs, name);
            if (outputs[position] < 0)
            {
                throw InferenceException.Invalid($"unexpected inference output '{name}' for model '{request.ModelName}'");
            }
        }

        return outputs;
    }

    private static Tensor ReadOne(ModelInferRequest request, InputTensor input, ReadOnlyMemory<byte>? raw, TensorInfo info)
    {
        if (!Datatypes.TryParse(input.Datatype, out var datatype))
        {
            throw InferenceException.Invalid($"invalid datatype '{input.Datatype}' for input '{input.Name}' of model '{request.ModelName}'");
        }

        if (datatype != info.Datatype)
        {
            throw InferenceException.Invalid($"inference input '{input.Name}' data-type is '{input.Datatype}', but model '{request.ModelName}' expects '{info.Datatype.ToName()}'");
        }

        long[] shape = [.. input.Shape];
        if (Shapes.ElementCount(shape) is not { } elements)
        {
            throw InferenceException.Invalid($"the shape {Shapes.Format(shape)} of input '{input.Name}' has a negative dimension or too many elements");
        }

        if (!Shapes.Fits(info.Shape, shape))
        {
            throw InferenceException.Invalid($"unexpected shape for input '{input.Name}' for model '{request.ModelName}'. Expected {Shapes.Format(info.Shape)}, got {Shapes.Format(shape)}");
        }

        var hasContents = input.Contents is not null && CountOf(input.Contents) > 0;
        if (raw is not null && hasContents)
        {
            throw InferenceException.Invalid($"contents field must not be specified when using raw_input_contents for '{input.Name}' for model '{request.ModelName}'");
        }

        if (raw is null && !hasContents && elements > 0)
        {
            throw InferenceException.Invalid($"input '{input.Name}' of model '{request.ModelName}' has no data");
        }

        var content = raw ?? TypedContents.ToRaw(input, datatype, elements, request.ModelName);
        CheckSize(input.Name, request.ModelName, datatype, elements, content.Span);
        return new Tensor(input.Name, datatype, shape, content);
    }

    private static void CheckSize(string name, string modelName, Datatype datatype, long elements, ReadOnlySpan<byte> raw)
    {
        if (datatype == Datatype.Bytes)
        {
            if (BytesFraming.Check(raw, elements) is { } problem)
            {
                throw InferenceException.Invalid($"{problem} for inference input '{name}' of model '{modelName}'");
            }
        }
        else if (raw.Length != (Int128)elements * datatype.ElementSize())
        {
            throw InferenceException.Invalid($"input byte size mismatch for input '{name}' for model '{modelName}'. Expected {(Int128)elements * datatype.ElementSize()}, got {raw.Length}");
        }
    }

    private static void CheckBatch(string modelName, Tensor[] tensors, OnnxModel model, int maxBatchSize)
    {
        if (!model.MayBeBatched || tensors.Length == 0)
        {
            return;
        }

        var rows = tensors[0].Shape[0];
        foreach (var tensor in tensors)
        {
            if (tensor.Shape[0] != rows)
            {
                throw InferenceException.Invalid($"input '{tensor.Name}' batch size does not match other inputs for '{modelName}'");
            }
        }

        if (rows > maxBatchSize)
        {
            throw InferenceException.Invalid($"inference request batch-size must be <= {maxBatchSize} for '{modelName}', got {rows}");
        }
    }

    private static void RefuseReserved(ModelInferRequest request)
    {
        foreach (var name in request.Parameters.Keys)
        {
            if (name == "headers" || ReservedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                throw InferenceException.Invalid($"parameter '{name}' is reserved and cannot be specified");
            }
        }
    }

    private static int CountOf(InferTensorContents contents) =>
        contents.BoolContents.Count + contents.IntContents.Count + contents.Int64Contents.Count + contents.UintContents.Count
        + contents.Uint64Contents.Count + contents.Fp32Contents.Count + contents.Fp64Contents.Count + contents.BytesContents.Count;

    private static int IndexOf(IReadOnlyList<TensorInfo> tensors, string name)
    {
        for (var index = 0; index < tensors.Count; index++)
        {
            if (tensors[index].Name == name)
            {
                return index;
            }
        }

        return -1;
    }
}
