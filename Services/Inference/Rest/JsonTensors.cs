using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>
/// Tensors as JSON arrays: flat in row-major order, or nested as the shape says. FP32 and FP64 that are no numbers are the
/// strings "NaN", "Infinity" and "-Infinity", as in protobuf's JSON, because JSON has no such numbers.
/// </summary>
internal static class JsonTensors
{
    private delegate bool ReadElement<T>(ref Utf8JsonReader reader, out T value);

    /// <param name="json">The array, already known to be well-formed JSON.</param>
    /// <param name="datatype">Not FP16 or BF16, which have no form in JSON.</param>
    /// <exception cref="InferenceException">It does not have the shape, or an element is not of the type.</exception>
    public static ReadOnlyMemory<byte> Read(string name, ReadOnlySpan<byte> json, Datatype datatype, ReadOnlySpan<long> shape, int maxDepth)
    {
        var count = Shapes.ElementCount(shape)
            ?? throw InferenceException.Invalid($"invalid shape {Shapes.Format(shape)} for input '{name}': dimensions must not be negative, nor their product too large");
        // An element takes a byte at least: no memory is given to what cannot be there.
        if (count > json.Length)
        {
            throw WrongCount(name, shape);
        }

        var walk = new JsonArrayWalk(json, shape, name, maxDepth);
        return datatype switch
        {
            Datatype.Bool => Fill(ref walk, count, static (ref Utf8JsonReader reader, out byte value) => TryReadBool(ref reader, out value)),
            Datatype.Int8 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out sbyte value) => IsNumber(ref reader, out value) && reader.TryGetSByte(out value)),
            Datatype.Int16 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out short value) => IsNumber(ref reader, out value) && reader.TryGetInt16(out value)),
            Datatype.Int32 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out int value) => IsNumber(ref reader, out value) && reader.TryGetInt32(out value)),
            Datatype.Int64 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out long value) => IsNumber(ref reader, out value) && reader.TryGetInt64(out value)),
            Datatype.Uint8 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out byte value) => IsNumber(ref reader, out value) && reader.TryGetByte(out value)),
            Datatype.Uint16 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out ushort value) => IsNumber(ref reader, out value) && reader.TryGetUInt16(out value)),
            Datatype.Uint32 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out uint value) => IsNumber(ref reader, out value) && reader.TryGetUInt32(out value)),
            Datatype.Uint64 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out ulong value) => IsNumber(ref reader, out value) && reader.TryGetUInt64(out value)),
            Datatype.Fp32 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out float value) => TryReadSingle(ref reader, out value)),
            Datatype.Fp64 => Fill(ref walk, count, static (ref Utf8JsonReader reader, out double value) => TryReadDouble(ref reader, out value)),
            Datatype.Bytes => ReadStrings(ref walk, count),
            _ => throw InferenceException.Invalid($"input '{name}' of data-type '{datatype.ToName()}' has no form in JSON; send it as binary data"),
        };
    }

    private static byte[] Fill<T>(ref JsonArrayWalk walk, long count, ReadElement<T> read)
        where T : unmanaged
    {
        var raw = new byte[checked(count * Unsafe.SizeOf<T>())];
        var elements = MemoryMarshal.Cast<byte, T>(raw.AsSpan());
        var index = 0;
        while (walk.MoveNext())
        {
            if (index == elements.Length)
            {
                throw walk.WrongCount();
            }

            if (!read(ref walk.Reader, out elements[index++]))
            {
                throw walk.WrongElement(index - 1);
            }
        }

        return index == elements.Length ? raw : throw walk.WrongCount();
    }

    private static ReadOnlyMemory<byte> ReadStrings(ref JsonArrayWalk walk, long count)
    {
        var raw = new ArrayBufferWriter<byte>();
        var index = 0L;
        while (walk.MoveNext())
        {
            if (index++ == count)
            {
                throw walk.WrongCount();
            }

            if (!JsonBytes.TryAppend(ref walk.Reader, raw))
            {
                throw walk.WrongElement(index - 1);
            }
        }

        return index == count ? raw.WrittenMemory : throw walk.WrongCount();
    }

    private static bool IsNumber<T>(ref Utf8JsonReader reader, out T value)
        where T : unmanaged
    {
        value = default;
        return reader.TokenType == JsonTokenType.Number;
    }

    // Triton takes numbers as well.
    private static bool TryReadBool(ref Utf8JsonReader reader, out byte value)
    {
        value = reader.TokenType == JsonTokenType.True ? (byte)1 : (byte)0;
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False
            || (reader.TokenType == JsonTokenType.Number && reader.TryGetByte(out value) && value <= 1);
    }

    private static bool TryReadSingle(ref Utf8JsonReader reader, out float value)
    {
        value = default;
        if (reader.TokenType == JsonTokenType.Number)
        {
            return reader.TryGetSingle(out value) && float.IsFinite(value);
        }

        var isNamed = TryReadNamed(ref reader, out var named);
        value = (float)named;
        return isNamed;
    }

    private static bool TryReadDouble(ref Utf8JsonReader reader, out double value)
    {
        value = default;
        return reader.TokenType == JsonTokenType.Number ? reader.TryGetDouble(out value) && double.IsFinite(value) : TryReadNamed(ref reader, out value);
    }

    private static bool TryReadNamed(ref Utf8JsonReader reader, out double value)
    {
        value = double.NaN;
        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        if (reader.ValueTextEquals("Infinity"u8))
        {
            value = double.PositiveInfinity;
            return true;
        }

        if (reader.ValueTextEquals("-Infinity"u8))
        {
            value = double.NegativeInfinity;
            return true;
        }

        return reader.ValueTextEquals("NaN"u8);
    }

    private static InferenceException WrongCount(string name, ReadOnlySpan<long> shape) =>
        InferenceException.Invalid($"the number of elements of input '{name}' is not that of its shape {Shapes.Format(shape)}");
}
