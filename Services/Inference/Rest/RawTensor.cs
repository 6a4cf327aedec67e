using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>A body that is nothing but the tensor of a model's only input; its shape follows from its size.</summary>
internal static class RawTensor
{
    /// <exception cref="InferenceException">The model's input does not allow it.</exception>
    public static Tensor From(LoadedModel model, ReadOnlyMemory<byte> body)
    {
        if (model.Inputs is not [var input])
        {
            throw InferenceException.Invalid($"raw input needs a model with one input, and model '{model.ModelName}' has {model.Inputs.Count}");
        }

        var shape = input.Shape.ToArray();
        if (model.IsBatched)
        {
            shape[0] = 1;
        }

        if (input.Datatype == Datatype.Bytes)
        {
            return FromText(model, input, shape, body.Span);
        }

        var free = shape.Count(dimension => dimension < 0);
        if (free > 1)
        {
            throw InferenceException.Invalid($"raw input needs a model with at most one variable dimension, and input '{input.Name}' of model '{model.ModelName}' is {Shapes.Format(input.Shape)}");
        }

        if (free == 1)
        {
            var bytesPerStep = (Shapes.ElementCount([.. shape.Where(dimension => dimension >= 0)]) ?? 0) * input.Datatype.ElementSize();
            if (bytesPerStep == 0 || body.Length % bytesPerStep != 0)
            {
                throw InferenceException.Invalid($"raw input of {body.Length} bytes does not fill the shape {Shapes.Format(shape)} of input '{input.Name}' of model '{model.ModelName}'");
            }

            shape[Array.FindIndex(shape, dimension => dimension < 0)] = body.Length / bytesPerStep;
        }

        return new Tensor(input.Name, input.Datatype, shape, body);
    }

    // The body is the one element, without a length before it.
    private static Tensor FromText(LoadedModel model, TensorInfo input, long[] shape, ReadOnlySpan<byte> body)
    {
        for (var axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = shape[axis] < 0 ? 1 : shape[axis];
        }

        if (Shapes.ElementCount(shape) != 1)
        {
            throw InferenceException.Invalid($"raw input of BYTES needs one element, and input '{input.Name}' of model '{model.ModelName}' is {Shapes.Format(input.Shape)}");
        }

        var raw = new System.Buffers.ArrayBufferWriter<byte>(body.Length + sizeof(uint));
        BytesFraming.Append(raw, body);
        return new Tensor(input.Name, input.Datatype, shape, raw.WrittenMemory);
    }
}
