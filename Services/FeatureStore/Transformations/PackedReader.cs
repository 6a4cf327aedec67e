using System.Buffers.Binary;
using System.Text;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>Reads what <see cref="PackedWriter"/> wrote. Damaged bytes are an <see cref="InvalidDataException"/>, never a wrong value out of range.</summary>
internal ref struct PackedReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte ReadByte() => ReadBytes(1)[0];

    public ulong ReadVarint()
    {
        ulong value = 0;
        for (var i = 0; i < _rest.Length && i < 10; i++)
        {
            var next = _rest[i];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("A packed number does not end.");
    }

    public long ReadSignedVarint()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number of things that each take at least one byte: never more than there are bytes left.</summary>
    public int ReadCount()
    {
        var value = ReadVarint();
        return value <= (ulong)_rest.Length ? (int)value : throw new InvalidDataException("A packed count is larger than its data.");
    }

    public long ReadFixed64() => BinaryPrimitives.ReadInt64LittleEndian(ReadBytes(8));

    public double ReadDouble() => BitConverter.Int64BitsToDouble(ReadFixed64());

    public string ReadText() => Encoding.UTF8.GetString(ReadBytes(ReadCount()));

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException("A packed value ends too early.");
        }

        var value = _rest[..count];
        _rest = _rest[count..];
        return value;
    }
}
