using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using CloudNativeAi.Inference.Tensors;
using Google.Protobuf.Collections;
using InputTensor = CloudNativeAi.Contracts.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>Turns typed contents into the raw form that everything after it works on.</summary>
internal static class TypedContents
{
    /// <exception cref="InferenceException">The values are in the field of another type, too many, too few, or out of range.</exception>
    public static byte[] ToRaw(InputTensor input, Datatype datatype, long elements, string modelName)
    {
        if (elements == 0)
        {
            return [];
        }

        var contents = input.Contents;
        var raw = datatype switch
        {
            Datatype.Bool => Copy(contents.BoolContents, value => value ? (byte)1 : (byte)0),
            Datatype.Int8 => Narrow<int, sbyte>(contents.IntContents, input.Name),
            Datatype.Int16 => Narrow<int, short>(contents.IntContents, input.Name),
            Datatype.Int32 => Copy(contents.IntContents, value => value),
            Datatype.Int64 => Copy(contents.Int64Contents, value => value),
            Datatype.Uint8 => Narrow<uint, byte>(contents.UintContents, input.Name),
            Datatype.Uint16 => Narrow<uint, ushort>(contents.UintContents, input.Name),
            Datatype.Uint32 => Copy(contents.UintContents, value => value),
            Datatype.Uint64 => Copy(contents.Uint64Contents, value => value),
            Datatype.Fp32 => Copy(contents.Fp32Contents, value => value),
            Datatype.Fp64 => Copy(contents.Fp64Contents, value => value),
            Datatype.Bytes => Frame(contents.BytesContents),
            _ => throw InferenceException.Invalid($"{datatype.ToName()} has no typed contents: send input '{input.Name}' of model '{modelName}' in raw_input_contents"),
        };
        return raw.Count == elements
            ? raw.Bytes
            : throw InferenceException.Invalid(
                raw.Count == 0
                    ? $"input '{input.Name}' of model '{modelName}' has its contents in the field of another type than {datatype.ToName()}"
                    : $"unexpected number of elements {raw.Count} for input '{input.Name}', expected {elements} for model '{modelName}'");
    }

    private static (byte[] Bytes, int Count) Copy<TFrom, TTo>(RepeatedField<TFrom> values, Func<TFrom, TTo> convert)
        where TTo : unmanaged
    {
        var converted = new TTo[values.Count];
        for (var index = 0; index < converted.Length; index++)
        {
            converted[index] = convert(values[index]);
        }

        return (MemoryMarshal.AsBytes(converted.AsSpan()).ToArray(), values.Count);
    }

    private static (byte[] Bytes, int Count) Narrow<TFrom, TTo>(RepeatedField<TFrom> values, string name)
        where TFrom : INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        try
        {
            return Copy(values, TTo.CreateChecked);
        }
        catch (OverflowException exception)
        {
            throw new InferenceException(InferenceErrorKind.InvalidArgument, $"a value of input '{name}' is out of the range of its datatype", exception);
        }
    }

    private static (byte[] Bytes, int Count) Frame(RepeatedField<Google.Protobuf.ByteString> values)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (var value in values)
        {
            BytesFraming.Append(writer, value.Span);
        }

        return (writer.WrittenSpan.ToArray(), values.Count);
    }
}
