namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Ends with <see cref="BodyTooLargeException"/> when more than the limit comes: after decompression, so that a small body cannot grow without bound.</summary>
internal sealed class LimitedStream(Stream inner, long limit) : ForwardStream(inner)
{
    private long _read;

    public long BytesRead => _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await Inner.ReadAsync(buffer, cancellationToken));

    private int Count(int bytes)
    {
        _read += bytes;
        return _read <= limit ? bytes : throw new BodyTooLargeException(limit);
    }
}

internal sealed class BodyTooLargeException(long limit) : Exception($"The body is larger than {limit} bytes.")
{
    public long Limit => limit;
}
