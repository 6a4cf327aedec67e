using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Materialization;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>Writes the rows of a data frame to the event log: from there they reach both stores, as every event does.</summary>
internal sealed class FrameWriter(
    EventIngestion.EventIngestionClient ingestion, Sources.SourcesClient sources, PositionWaiter waiter, IOptions<FeastOptions> options)
{
    /// <summary>Null when there is no such source.</summary>
    public async Task<Source?> FindSourceAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await sources.GetSourceAsync(new GetSourceRequest { Name = name }, cancellationToken: cancellationToken)).Source;
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            return null;
        }
    }

    /// <summary>All rows or none. True when they can be read online; false when they are durable and on their way, or nobody waited.</summary>
    /// <param name="columns">By the names of the source's fields.</param>
    /// <exception cref="FeastException">The frame is wrong.</exception>
    /// <exception cref="RpcException">Ingestion refuses the rows or is not there: nothing was written.</exception>
    public async Task<bool> WriteAsync(
        Source source, IReadOnlyDictionary<string, JsonElement[]?> columns, bool waitsForOnline, CancellationToken cancellationToken)
    {
        var frame = new PushFrame(source, columns, options.Value.MaxPushRows);
        if (frame.Rows == 0)
        {
            return true;
        }

        var batch = new IngestEventsRequest { Source = source.Name, OnInvalid = OnInvalid.RejectBatch };
        for (var row = 0; row < frame.Rows; row++)
        {
            batch.Events.Add(frame.ToEvent(row));
        }

        var written = await ingestion.IngestEventsAsync(batch, cancellationToken: cancellationToken);
        return waitsForOnline && await waiter.WaitForOnlineAsync(source.Name, written.LastPosition, options.Value.PushWait, cancellationToken);
    }
}
