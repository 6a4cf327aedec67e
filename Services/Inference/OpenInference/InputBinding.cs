using System.Runtime.InteropServices;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>Puts the tensors of a request into the model's order and checks every one; the messages are those that Triton's users know.</summary>
internal static class InputBinding
{
    /// <exception cref="InferenceException">The request does not fit the model.</exception>
    public static Tensor[] Bind(LoadedModel model, IReadOnlyList<Tensor> given, int maxBatchSize, out long rows)
    {
        var expected = model.Inputs;
        var bound = new Tensor[expected.Count];
        foreach (var tensor in given)
        {
            var index = IndexOf(expected, tensor.Name);
            if (index < 0)
            {
                throw InferenceException.Invalid($"unexpected inference input '{tensor.Name}' for model '{model.ModelName}'");
            }

            if (bound[index].Name is not null)
            {
                throw InferenceException.Invalid($"input '{tensor.Name}' already exists in request");
            }

            // One value per row: [1] in Triton's configuration, so that whoever follows it sends a second dimension.
            bound[index] = model.IsBatched && expected[index].Shape.Length == 1 && tensor.Shape is [var rowCount, 1] ? tensor with { Shape = [rowCount] } : tensor;
            Check(model, expected[index], bound[index]);
        }

        if (given.Count != expected.Count)
        {
            var missing = expected.Where((_, index) => bound[index].Name is null).Select(info => $"'{info.Name}'");
            throw InferenceException.Invalid(
                $"expected {expected.Count} inputs but got {given.Count} inputs for model '{model.ModelName}'; missing: {string.Join(", ", missing)}");
        }

        rows = model.IsBatched ? CountRows(model, bound, maxBatchSize) : 1;
        return bound;
    }

    /// <summary>Not to be changed.</summary>
    /// <exception cref="InferenceException">The model has no such output.</exception>
    public static int[] BindOutputs(LoadedModel model, IReadOnlyList<RequestedOutput> requested)
    {
        if (requested.Count == 0)
        {
            return model.AllOutputs;
        }

        var outputs = model.Outputs;
        var indexes = new int[requested.Count];
        for (var i = 0; i < indexes.Length; i++)
        {
            indexes[i] = IndexOf(outputs, requested[i].Name);
            if (indexes[i] < 0)
            {
                throw InferenceException.Invalid($"unexpected inference output '{requested[i].Name}' requested for model '{model.ModelName}'");
            }

            if (indexes.AsSpan(0, i).Contains(indexes[i]))
            {
                throw InferenceException.Invalid($"output '{requested[i].Name}' is requested twice");
            }
        }

        return indexes;
    }

    private static void Check(LoadedModel model, TensorInfo expected, in Tensor tensor)
    {
        if (tensor.Datatype != expected.Datatype)
        {
            throw InferenceException.Invalid(
                $"inference input '{tensor.Name}' data-type is '{tensor.Datatype.ToName()}', but model '{model.ModelName}' expects '{expected.Datatype.ToName()}'");
        }

        if (Shapes.ElementCount(tensor.Shape) is not { } elements)
        {
            throw InferenceException.Invalid($"invalid shape {Shapes.Format(tensor.Shape)} for input '{tensor.Name}': dimensions must not be negative, nor their product too large");
        }

        if (!Shapes.Fits(expected.Shape, tensor.Shape))
        {
            throw InferenceException.Invalid(
                $"unexpected shape for input '{tensor.Name}' for model '{model.ModelName}'. Expected {Shapes.Format(expected.Shape)}, got {Shapes.Format(tensor.Shape)}");
        }

        if (tensor.Datatype == Datatype.Bytes)
        {
            if (BytesFraming.Check(tensor.Raw.Span, elements) is { } problem)
            {
                throw InferenceException.Invalid($"unexpected data for inference input '{tensor.Name}' for model '{model.ModelName}': {problem}");
            }

            return;
        }

        // By division: the product may not fit.
        var size = tensor.Datatype.ElementSize();
        if (tensor.Raw.Length / size != elements || tensor.Raw.Length % size != 0)
        {
            throw InferenceException.Invalid(
                $"input byte size mismatch for input '{tensor.Name}' for model '{model.ModelName}'. Expected {(UInt128)elements * (uint)size}, got {tensor.Raw.Length}");
        }

        if (tensor.Datatype == Datatype.Bool && tensor.Raw.Span.ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw InferenceException.Invalid($"unexpected data for inference input '{tensor.Name}' for model '{model.ModelName}': a BOOL is 0 or 1");
        }
    }

    private static long CountRows(LoadedModel model, Tensor[] bound, int maxBatchSize)
    {
        var rows = bound.Length == 0 ? 1 : bound[0].Shape[0];
        foreach (var tensor in bound)
        {
            if (tensor.Shape[0] != rows)
            {
                throw InferenceException.Invalid($"input '{tensor.Name}' batch size does not match other inputs for '{model.ModelName}'");
            }
        }

        return rows <= maxBatchSize
            ? rows
            : throw InferenceException.Invalid($"inference request batch-size must be <= {maxBatchSize} for '{model.ModelName}', got {rows}");
    }

    private static int IndexOf(IReadOnlyList<TensorInfo> tensors, string name)
    {
        for (var i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>For tensors that are made here: a value's bytes in the wire's order, which is this machine's.</summary>
    public static byte[] ToRaw<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();
}
