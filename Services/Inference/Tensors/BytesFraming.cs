using System.Buffers;
using System.Buffers.Binary;

namespace CloudNativeAi.Inference.Tensors;

/// <summary>The raw form of BYTES: each element after its length, a little-endian uint32.</summary>
internal static class BytesFraming
{
    private const int PrefixBytes = sizeof(uint);

    /// <summary>Null when the bytes are exactly this many elements, else what is wrong.</summary>
    public static string? Check(ReadOnlySpan<byte> raw, long elementCount)
    {
        for (var element = 0L; element < elementCount; element++)
        {
            if (raw.Length < PrefixBytes)
            {
                return $"incomplete string length indicator for element {element} of {elementCount}";
            }

            var length = BinaryPrimitives.ReadUInt32LittleEndian(raw);
            raw = raw[PrefixBytes..];
            if (length > raw.Length)
            {
                return $"incomplete string data for element {element} of {elementCount}: {length} bytes announced, {raw.Length} left";
            }

            raw = raw[(int)length..];
        }

        return raw.IsEmpty ? null : $"{raw.Length} bytes follow the last of {elementCount} elements";
    }

    /// <summary>Takes the first element off; the bytes must have been checked.</summary>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> raw)
    {
        var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(raw);
        var element = raw.Slice(PrefixBytes, length);
        raw = raw[(PrefixBytes + length)..];
        return element;
    }

    /// <summary>Bytes of the first elements; they must have been checked.</summary>
    public static int LengthOf(ReadOnlySpan<byte> raw, long elementCount)
    {
        var rest = raw;
        for (var i = 0L; i < elementCount; i++)
        {
            Take(ref rest);
        }

        return raw.Length - rest.Length;
    }

    public static void Append(IBufferWriter<byte> writer, ReadOnlySpan<byte> element)
    {
        var span = writer.GetSpan(PrefixBytes + element.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)element.Length);
        element.CopyTo(span[PrefixBytes..]);
        writer.Advance(PrefixBytes + element.Length);
    }
}
