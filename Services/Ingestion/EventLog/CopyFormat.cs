using System.Buffers.Binary;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>
/// PostgreSQL's binary COPY format, written by hand: rows are encoded once, while they are validated and outside the transaction,
/// and then sent as one block. Npgsql's importer encodes column by column while the transaction is open.
/// </summary>
internal static class CopyFormat
{
    public static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0];
    public static readonly byte[] Trailer = [0xFF, 0xFF];

    public static Span<byte> WriteColumnCount(Span<byte> target, short columns)
    {
        BinaryPrimitives.WriteInt16BigEndian(target, columns);
        return target[sizeof(short)..];
    }

    public static Span<byte> WriteInt32(Span<byte> target, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(target, sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(target[sizeof(int)..], value);
        return target[(2 * sizeof(int))..];
    }

    public static Span<byte> WriteInt64(Span<byte> target, long value)
    {
        BinaryPrimitives.WriteInt32BigEndian(target, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(target[sizeof(int)..], value);
        return target[(sizeof(int) + sizeof(long))..];
    }

    public static Span<byte> WriteBytes(Span<byte> target, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(target, value.Length);
        value.CopyTo(target[sizeof(int)..]);
        return target[(sizeof(int) + value.Length)..];
    }
}
