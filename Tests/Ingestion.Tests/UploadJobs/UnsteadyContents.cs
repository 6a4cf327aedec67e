using System.Net;

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
