using System.Buffers.Binary;
using System.Net.Sockets;

namespace CloudNativeAi.Benchmarks.Wire;

/// <summary>Frames on their way out. Used under its owner's lock.</summary>
internal sealed class FrameWriter
{
    private byte[] _bytes = new byte[1 << 16];
    private int _length;

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    public void Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Header(payload.Length, type, flags, stream);
        Raw(payload);
    }

    public void Settings(params ReadOnlySpan<(int Id, int Value)> settings)
    {
        const int Bytes = 6;
        Header(settings.Length * Bytes, Http2.SettingsType, 0, 0);
        foreach (var (id, value) in settings)
        {
            var room = Room(Bytes);
            BinaryPrimitives.WriteUInt16BigEndian(room, (ushort)id);
            BinaryPrimitives.WriteInt32BigEndian(room[2..], value);
            _length += Bytes;
        }
    }

    /// <summary>Of the connection.</summary>
    public void WindowUpdate(int bytes)
    {
        Header(sizeof(int), Http2.WindowUpdateType, 0, 0);
        BinaryPrimitives.WriteInt32BigEndian(Room(sizeof(int)), bytes);
        _length += sizeof(int);
    }

    /// <summary>A whole request.</summary>
    public void Call(int stream, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> timeout, ReadOnlySpan<byte> message)
    {
        Header(headers.Length + timeout.Length, Http2.Headers, Http2.EndHeaders, stream);
        Raw(headers);
        Raw(timeout);
        for (; message.Length > Http2.MaxFrame; message = message[Http2.MaxFrame..])
        {
            Frame(Http2.Data, 0, stream, message[..Http2.MaxFrame]);
        }

        Frame(Http2.Data, Http2.EndStream, stream, message);
    }

    public void SendTo(Socket socket)
    {
        for (var sent = 0; sent < _length;)
        {
            sent += socket.Send(_bytes.AsSpan(sent, _length - sent));
        }

        _length = 0;
    }

    private void Header(int length, byte type, byte flags, int stream)
    {
        var room = Room(FrameHeader.Bytes);
        (room[0], room[1], room[2], room[3], room[4]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(room[5..], stream);
        _length += FrameHeader.Bytes;
    }

    private Span<byte> Room(int bytes)
    {
        if (_length + bytes > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_length + bytes, _bytes.Length * 2));
        }

        return _bytes.AsSpan(_length);
    }
}
