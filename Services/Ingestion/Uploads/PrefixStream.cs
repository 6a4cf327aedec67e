namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Bytes that were read ahead, and then the rest of the stream they came from.</summary>
internal sealed class PrefixStream(ReadOnlyMemory<byte> prefix, Stream inner) : ForwardStream(inner)
{
    private ReadOnlyMemory<byte> _prefix = prefix;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_prefix.IsEmpty)
        {
            return Inner.ReadAsync(buffer, cancellationToken);
        }

        var count = Math.Min(buffer.Length, _prefix.Length);
        _prefix[..count].CopyTo(buffer);
        _prefix = _prefix[count..];
        return ValueTask.FromResult(count);
    }
}
