using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Materialization;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>
/// Feast's push, through the event log: rows become events of the source of that name, durable before the answer. Both stores then get
/// them whatever <c>to</c> says, since training must see what serving saw; <c>to</c> only says what the answer waits for.
/// </summary>
internal sealed class FeastPush(
    EventIngestion.EventIngestionClient ingestion, Sources.SourcesClient sources, PositionWaiter waiter, IOptions<FeastOptions> options)
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

        var frame = new PushFrame(await FindAsync(request.Source, cancellationToken), request.Frame, options.Value.MaxPushRows);
        if (frame.Rows == 0)
        {
            return true;
        }

        var batch = new IngestEventsRequest { Source = request.Source, OnInvalid = OnInvalid.RejectBatch };
        for (var row = 0; row < frame.Rows; row++)
        {
            batch.Events.Add(frame.ToEvent(row));
        }

        var written = await ingestion.IngestEventsAsync(batch, cancellationToken: cancellationToken);
        var isOnline = request.To != "offline"
            && await waiter.WaitForOnlineAsync(request.Source, written.LastPosition, options.Value.PushWait, cancellationToken);

        // Rows for the offline store are committed together with others.
        return isOnline && request.To == "online";
    }

    private async Task<Source> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await sources.GetSourceAsync(new GetSourceRequest { Name = name }, cancellationToken: cancellationToken)).Source;
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            throw new FeastException(
                StatusCodes.Status422UnprocessableEntity, "PushSourceNotFoundException", $"Unable to find push source '{name}'.");
        }
    }
}
