using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using CloudNativeAi.Contracts.Monitoring;
using Google.Protobuf;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>One record in a segment: uint32 length, uint32 CRC-32C of the payload, payload. A torn last frame does not check.</summary>
internal static class SpoolFrame
{
    public const int HeaderBytes = 8;
    private const int MaxPayloadBytes = 16 * 1024 * 1024;

    public static int SizeOf(PredictionRecord record) => HeaderBytes + record.CalculateSize();

    public static void Append(ArrayBufferWriter<byte> writer, PredictionRecord record, int frameSize)
    {
        var frame = writer.GetSpan(frameSize)[..frameSize];
        var payload = frame[HeaderBytes..];
        record.WriteTo(payload);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[sizeof(uint)..], Checksum(payload));
        writer.Advance(frameSize);
    }

    /// <summary>The record at the start of the bytes; false when they do not begin with a whole, intact frame.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PredictionRecord record, out int frameSize)
    {
        record = null!;
        frameSize = 0;
        if (bytes.Length < HeaderBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length > MaxPayloadBytes || bytes.Length - HeaderBytes < length)
        {
            return false;
        }

        var payload = bytes.Slice(HeaderBytes, (int)length);
        if (Checksum(payload) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[sizeof(uint)..]))
        {
            return false;
        }

        record = PredictionRecord.Parser.ParseFrom(payload);
        frameSize = HeaderBytes + (int)length;
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            checksum = BitOperations.Crc32C(checksum, value);
        }

        return ~checksum;
    }
}
