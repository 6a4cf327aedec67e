using System.Text.Json;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>
/// Feast's push, through the event log: rows become events of the source of that name, durable before the answer. Both stores then get
/// them whatever <c>to</c> says, since training must see what serving saw; <c>to</c> only says what the answer waits for.
/// </summary>
internal sealed class FeastPush(FrameWriter writer, FeastMetrics metrics)
{
    /// <summary>All rows or none. True when they can be read online; false when they are durable and on their way.</summary>
    /// <exception cref="FeastException">The request is wrong.</exception>
    /// <exception cref="RpcException">Ingestion refuses the rows or is not there: nothing was written.</exception>
    public async Task<bool> PushAsync(FeastPushRequest request, CancellationToken cancellationToken)
    {
        if (request.To is not ("online" or "offline" or "online_and_offline"))
        {
            throw FeastException.Invalid($"{request.To} is not a supported push format. Please specify one of these ['online', 'offline', 'online_and_offline'].");
        }

        var source = await writer.FindSourceAsync(request.Source, cancellationToken)
            ?? throw new FeastException(
                StatusCodes.Status422UnprocessableEntity, "PushSourceNotFoundException", $"Unable to find push source '{request.Source}'.");
        metrics.RecordPush(source.Name, request.To);
        var isOnline = await writer.WriteAsync(source, request.Frame, waitsForOnline: request.To != "offline", cancellationToken);

        // Rows for the offline store are committed together with others.
        return isOnline && (request.To == "online" || IsEmpty(request.Frame));
    }

    private static bool IsEmpty(IReadOnlyDictionary<string, JsonElement[]?> frame) => frame.Values.All(column => column is null or []);
}
