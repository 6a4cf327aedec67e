using System.Buffers;
using System.Runtime.InteropServices;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>Tensors of the gRPC messages: raw bytes as they are, typed contents turned into raw.</summary>
internal static class GrpcTensors
{
    /// <param name="isFollowed">The same stream's next request is there already.</param>
    /// <exception cref="InferenceException">The message contradicts itself.</exception>
    public static InferCall Decode(ModelInferRequest request, bool isFollowed = false)
    {
        var isRaw = request.RawInputContents.Count > 0;
        if (isRaw && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw InferenceException.Invalid(
                $"expected one raw_input_contents for each of {request.Inputs.Count} inputs, got {request.RawInputContents.Count}, for model '{request.ModelName}'");
        }

        var tensors = new Tensor[request.Inputs.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = Decode(request, i, isRaw);
        }

        var outputs = request.Outputs.Count == 0 ? [] : new RequestedOutput[request.Outputs.Count];
        for (var i = 0; i < outputs.Length; i++)
        {
            var output = request.Outputs[i];
            outputs[i] = new RequestedOutput(output.Name, output.Parameters.Count == 0 ? 0 : InferParameters.ReadClassification(output.Name, output.Parameters));
        }

        var queueing = request.Parameters.Count == 0 ? default : InferParameters.ReadQueueing(request.Parameters);
        return new InferCall(tensors, outputs, queueing with { IsFollowed = isFollowed });
    }

    public static ModelInferResponse Encode(InferAnswer answer, string id)
    {
        var response = new ModelInferResponse
        {
            ModelName = answer.ModelName,
            ModelVersion = answer.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Id = id,
        };
        foreach (var tensor in answer.Outputs)
        {
            var output = new ModelInferResponse.Types.InferOutputTensor { Name = tensor.Name, Datatype = tensor.Datatype.ToName() };
            output.Shape.Add(tensor.Shape);
            response.Outputs.Add(output);
            // Raw whatever the request was: Triton's and KServe's clients read it, and nothing is copied. The memory is never written again.
            response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(tensor.Raw));
        }

        return response;
    }

    private static Tensor Decode(ModelInferRequest request, int index, bool isRaw)
    {
        var input = request.Inputs[index];
        if (!Datatypes.TryParse(input.Datatype, out var datatype))
        {
            throw InferenceException.Invalid($"inference input '{input.Name}' has the unknown data-type '{input.Datatype}'");
        }

        if (input.Parameters.Count > 0)
        {
            InferParameters.RefuseSharedMemory($"input '{input.Name}'", input.Parameters);
        }

        long[] shape = [.. input.Shape];
        if (isRaw && input.Contents is not null && HasContents(input.Contents))
        {
            throw InferenceException.Invalid($"contents field must not be specified when using raw_input_contents for '{input.Name}' for model '{request.ModelName}'");
        }

        return new Tensor(input.Name, datatype, shape, isRaw ? request.RawInputContents[index].Memory : Encode(request.ModelName, input, datatype, shape));
    }

    private static bool HasContents(InferTensorContents contents) => CountOf(contents) > 0;

    private static int CountOf(InferTensorContents contents) =>
        contents.BoolContents.Count + contents.IntContents.Count + contents.Int64Contents.Count + contents.UintContents.Count
        + contents.Uint64Contents.Count + contents.Fp32Contents.Count + contents.Fp64Contents.Count + contents.BytesContents.Count;

    private static ReadOnlyMemory<byte> Encode(string modelName, ModelInferRequest.Types.InferInputTensor input, Datatype datatype, long[] shape)
    {
        var contents = input.Contents ?? new InferTensorContents();
        var (count, raw) = datatype switch
        {
            Datatype.Bool => (contents.BoolContents.Count, Convert<bool, byte>(input.Name, contents.BoolContents, value => value ? (byte)1 : (byte)0)),
            Datatype.Int8 => (contents.IntContents.Count, Convert(input.Name, contents.IntContents, value => checked((sbyte)value))),
            Datatype.Int16 => (contents.IntContents.Count, Convert(input.Name, contents.IntContents, value => checked((short)value))),
            Datatype.Int32 => (contents.IntContents.Count, Convert(input.Name, contents.IntContents, value => value)),
            Datatype.Int64 => (contents.Int64Contents.Count, Convert(input.Name, contents.Int64Contents, value => value)),
            Datatype.Uint8 => (contents.UintContents.Count, Convert(input.Name, contents.UintContents, value => checked((byte)value))),
            Datatype.Uint16 => (contents.UintContents.Count, Convert(input.Name, contents.UintContents, value => checked((ushort)value))),
            Datatype.Uint32 => (contents.UintContents.Count, Convert(input.Name, contents.UintContents, value => value)),
            Datatype.Uint64 => (contents.Uint64Contents.Count, Convert(input.Name, contents.Uint64Contents, value => value)),
            Datatype.Fp32 => (contents.Fp32Contents.Count, Convert(input.Name, contents.Fp32Contents, value => value)),
            Datatype.Fp64 => (contents.Fp64Contents.Count, Convert(input.Name, contents.Fp64Contents, value => value)),
            Datatype.Bytes => (contents.BytesContents.Count, Frame(contents.BytesContents)),
            _ => throw InferenceException.Invalid($"input '{input.Name}' of data-type '{input.Datatype}' must be given in raw_input_contents"),
        };

        var given = CountOf(contents);
        if (given != count)
        {
            throw InferenceException.Invalid($"the typed contents of input '{input.Name}' for model '{modelName}' are not those of data-type '{input.Datatype}'");
        }

        if (Shapes.ElementCount(shape) is { } expected && expected != count)
        {
            throw InferenceException.Invalid(
                count == 0
                    ? $"input '{input.Name}' for model '{modelName}' has no data"
                    : $"unexpected number of elements {count} for input '{input.Name}' for model '{modelName}', expecting {expected}");
        }

        return raw;
    }

    private static byte[] Convert<TWire, TElement>(string name, RepeatedField<TWire> values, Func<TWire, TElement> convert)
        where TElement : unmanaged
    {
        var raw = new byte[checked(values.Count * System.Runtime.CompilerServices.Unsafe.SizeOf<TElement>())];
        var elements = MemoryMarshal.Cast<byte, TElement>(raw.AsSpan());
        try
        {
            for (var i = 0; i < elements.Length; i++)
            {
                elements[i] = convert(values[i]);
            }
        }
        catch (OverflowException)
        {
            throw InferenceException.Invalid($"an element of input '{name}' is out of its data-type's range");
        }

        return raw;
    }

    private static byte[] Frame(RepeatedField<ByteString> values)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (var value in values)
        {
            BytesFraming.Append(writer, value.Span);
        }

        return writer.WrittenSpan.ToArray();
    }
}
