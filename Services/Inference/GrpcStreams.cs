using Grpc.Core;

namespace CloudNativeAi.Inference;

internal static class GrpcStreams
{
    private static readonly WriteOptions Buffered = new(WriteFlags.BufferHint);

    /// <summary>Sends the message, together with the next one where that is there already.</summary>
    public static Task WriteInFlightAsync<T>(this IServerStreamWriter<T> stream, T message, bool isFollowed, CancellationToken cancellationToken)
    {
        stream.WriteOptions = isFollowed ? Buffered : null;
        return stream.WriteAsync(message, cancellationToken);
    }
}
