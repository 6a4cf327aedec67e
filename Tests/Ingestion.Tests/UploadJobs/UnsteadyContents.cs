using System.Net;
using System.Threading.Channels;

namespace CloudNativeAi.Ingestion.Tests.UploadJobs;

/// <summary>A client that goes away in the middle.</summary>
internal sealed class BreakingContent(ReadOnlyMemory<byte> part) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(part);
        await stream.FlushAsync();
        throw new IOException("The client went away.");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>A client that pauses in the middle.</summary>
internal sealed class GatedContent(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second) : HttpContent
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task FirstSent => _sent.Task;

    public void Open() => _gate.SetResult();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(first);
        await stream.FlushAsync();
        _sent.SetResult();
        await _gate.Task;
        await stream.WriteAsync(second);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>A client that sends what it is told to, when it is told to.</summary>
internal sealed class StagedContent : HttpContent
{
    private readonly Channel<byte[]> _parts = Channel.CreateUnbounded<byte[]>();

    public StagedContent(string mediaType) => Headers.ContentType = new(mediaType);

    public void Send(string part) => _parts.Writer.TryWrite(System.Text.Encoding.UTF8.GetBytes(part));

    public void End() => _parts.Writer.Complete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await foreach (var part in _parts.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(part);
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
