using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace CloudNativeAi.Benchmarks.Wire;

/// <summary>What of HTTP/2 (RFC 9113) and its header compression (RFC 7541) a unary gRPC call needs.</summary>
internal static class Http2
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte SettingsType = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdateType = 8;

    public const byte EndStream = 1;
    public const byte Ack = 1;
    public const byte EndHeaders = 4;

    /// <summary>Bytes that may be sent before anything was agreed.</summary>
    public const int DefaultWindow = 65_535;

    /// <summary>Bytes of a frame's payload that every peer takes.</summary>
    public const int MaxFrame = 16_384;

    // A literal that is not indexed, with a name of its own.
    private const byte Literal = 0;

    private static ReadOnlySpan<byte> StatusName => "grpc-status"u8;

    // The same name in HPACK's Huffman code, which Node's HTTP/2 uses where it is shorter.
    private static ReadOnlySpan<byte> StatusNameCoded => [0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f];

    /// <summary>The headers of every call, as .NET's client writes them: static table and literals.</summary>
    public static byte[] RequestHeaders(string path, string authority)
    {
        const byte Post = 0x83;
        const byte Http = 0x86;
        byte[] header = [Post, Http];
        return [.. header, 4, .. Text(path), 1, .. Text(authority), 0x0f, 31 - 15, .. Text("application/grpc"), Literal, .. Text("te"), .. Text("trailers")];
    }

    public static byte[] TimeoutHeader(long microseconds)
    {
        // At most eight digits; a longer time in milliseconds.
        var value = microseconds < 100_000_000 ? $"{microseconds}u" : $"{microseconds / 1_000}m";
        return [Literal, .. Text("grpc-timeout"), .. Text(value)];
    }

    /// <summary>The gRPC status in a block of trailers; -1 when there is none.</summary>
    public static int StatusOf(ReadOnlySpan<byte> block)
    {
        var at = After(block, StatusName);
        at = at < 0 ? After(block, StatusNameCoded) : at;
        // A value this short is never coded, since that would not be shorter.
        return at >= 0 && at < block.Length && int.TryParse(block.Slice(at + 1, Math.Min(block[at], block.Length - at - 1)), CultureInfo.InvariantCulture, out var status)
            ? status
            : -1;
    }

    public static long? Setting(ReadOnlySpan<byte> settings, int id)
    {
        const int Bytes = 6;
        long? found = null;
        for (; settings.Length >= Bytes; settings = settings[Bytes..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(settings) == id)
            {
                found = BinaryPrimitives.ReadUInt32BigEndian(settings[2..]);
            }
        }

        return found;
    }

    public static int Int32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes);

    private static int After(ReadOnlySpan<byte> block, ReadOnlySpan<byte> name)
    {
        var at = block.IndexOf(name);
        return at < 0 ? -1 : at + name.Length;
    }

    private static byte[] Text(string text) => [checked((byte)text.Length), .. Encoding.ASCII.GetBytes(text)];
}

/// <summary>The nine bytes before each frame's payload.</summary>
internal readonly record struct FrameHeader(int Length, byte Type, byte Flags, int Stream)
{
    public const int Bytes = 9;

    /// <summary>False while the frame is not all there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> received, out FrameHeader header)
    {
        header = default;
        if (received.Length < Bytes)
        {
            return false;
        }

        header = new FrameHeader((received[0] << 16) | (received[1] << 8) | received[2], received[3], received[4], Http2.Int32(received[5..]) & int.MaxValue);
        return received.Length >= Bytes + header.Length;
    }

    public bool Has(byte flag) => (Flags & flag) != 0;
}
