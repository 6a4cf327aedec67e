using System.Buffers.Binary;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>
/// The packed value of one key: a header of 17 bytes (format of the state, last applied position, position of the first event, little-endian),
/// then the state. The header is the stamp of compare-and-set: since the position only grows, equal headers mean equal values.
/// </summary>
internal static class OnlineRecord
{
    public const int HeaderLength = 17;

    private const int PositionOffset = 1;
    private const int FirstPositionOffset = 9;

    public static long PositionOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(Header(record)[PositionOffset..]);

    public static long FirstPositionOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(Header(record)[FirstPositionOffset..]);

    public static KeyState ReadState(ReadOnlySpan<byte> record, KeyStates states)
    {
        Header(record);
        var reader = new PackedReader(record[HeaderLength..]);
        var state = states.Create();
        state.Read(ref reader, record[0]);
        return reader.AtEnd ? state : throw new InvalidDataException($"An online value of the view '{states.View.Name}' is longer than it says.");
    }

    public static byte[] Write(PackedWriter writer, long position, long firstPosition, KeyState state)
    {
        writer.Clear();
        writer.WriteByte(KeyState.Format);
        writer.WriteFixed64(position);
        writer.WriteFixed64(firstPosition);
        state.Write(writer);
        return writer.Written.ToArray();
    }

    private static ReadOnlySpan<byte> Header(ReadOnlySpan<byte> record) =>
        record.Length >= HeaderLength && record[0] is >= KeyState.OldestFormat and <= KeyState.Format
            ? record[..HeaderLength]
            : throw new InvalidDataException("An online value has an unknown format.");
}
