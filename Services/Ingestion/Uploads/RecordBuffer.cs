using System.Buffers;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>A window over a stream that always holds one whole record, and no more than a record's limit and a read ahead.</summary>
internal sealed class RecordBuffer(Stream stream, int maxRecordBytes) : IDisposable
{
    private const int ReadBytes = 64 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
    private int _start;
    private int _end;

    /// <summary>What was read and not consumed yet. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Bytes consumed since the stream's beginning.</summary>
    public long Consumed { get; private set; }

    /// <summary>The stream has ended: <see cref="Unread"/> is all there is.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>The unread part is larger than a record may be.</summary>
    public bool IsOverLimit => _end - _start > maxRecordBytes;

    public void Consume(int bytes)
    {
        _start += bytes;
        Consumed += bytes;
    }

    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length - _end < ReadBytes / 2)
        {
            MakeRoom();
        }

        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        IsFinal = read == 0;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private void MakeRoom()
    {
        var unread = _end - _start;
        var target = unread > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(2 * _buffer.Length) : _buffer;
        _buffer.AsSpan(_start, unread).CopyTo(target);
        if (target != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = target;
        }

        (_start, _end) = (0, unread);
    }
}
