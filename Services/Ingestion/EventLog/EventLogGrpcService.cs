using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Contract = CloudNativeAi.Contracts.Ingestion.EventLog;

namespace CloudNativeAi.Ingestion.EventLog;

internal sealed class EventLogGrpcService(
    SourceCatalog catalog,
    EventLogReader log,
    HeadSignals signals,
    ReaderSlots slots,
    IngestionMetrics metrics,
    IHostApplicationLifetime lifetime,
    IOptions<EventLogOptions> options,
    TimeProvider timeProvider) : Contract.EventLogBase
{
    private const int DefaultBatchSize = 5_000;
    private const int MaxBatchSize = 50_000;

    public override async Task ReadEvents(ReadEventsRequest request, IServerStreamWriter<EventBatch> responseStream, ServerCallContext context)
    {
        if (request is { AfterPosition: < 0 } or { UntilPosition: < 0 } or { BatchSize: < 0 or > MaxBatchSize })
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"after_position and until_position are not negative; batch_size is at most {MaxBatchSize}"));
        }

        var schema = await catalog.FindAsync(request.Source, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no source '{request.Source}'."));
        using var slot = slots.TryTake()
            ?? throw RetryHint.ResourceExhausted($"{options.Value.MaxReaders} readers are open already; retry later.", options.Value.PollInterval);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);

        try
        {
            await SendAsync(schema, request, responseStream, stop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The service is stopping; go on with another replica from the last position received."));
        }
    }

    private async Task SendAsync(SourceSchema schema, ReadEventsRequest request, IServerStreamWriter<EventBatch> responseStream, CancellationToken cancellationToken)
    {
        var until = request.UntilPosition == 0 ? long.MaxValue : request.UntilPosition;
        var batchSize = request.BatchSize == 0 ? DefaultBatchSize : request.BatchSize;
        var position = await CheckStartAsync(schema, request.AfterPosition, cancellationToken);

        var moved = signals.NextAsync(schema.SourceId);
        var next = log.ReadAsync(schema.SourceId, position, until, batchSize, cancellationToken);
        while (true)
        {
            var batch = await next ?? throw Removed(schema.Name, position);
            if (batch.Events.Count > 0)
            {
                position = batch.Events[^1].Position;

                // The next batch is read while this one is sent.
                moved = signals.NextAsync(schema.SourceId);
                next = log.ReadAsync(schema.SourceId, position, until, batchSize, cancellationToken);
                await responseStream.WriteAsync(batch, cancellationToken);
                metrics.RecordRead(schema.Name, batch.Events.Count);
            }
            else if (!request.Follow || position >= until)
            {
                return;
            }
            else
            {
                await Task.WhenAny(moved, Task.Delay(options.Value.PollInterval, timeProvider, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                moved = signals.NextAsync(schema.SourceId);
                next = log.ReadAsync(schema.SourceId, position, until, batchSize, cancellationToken);
            }
        }
    }

    // A position that the log does not know is never answered with silence: the reader would skip events.
    private async Task<long> CheckStartAsync(SourceSchema schema, long after, CancellationToken cancellationToken)
    {
        var range = await log.ReadRangeAsync(schema.SourceId, cancellationToken);
        if (after > range.Head)
        {
            throw new RpcException(new Status(
                StatusCode.OutOfRange, $"Position {after} of source '{schema.Name}' is beyond the head, {range.Head}: it comes from another log."));
        }

        if (after == 0)
        {
            return range.Oldest - 1;
        }

        return after + 1 >= range.Oldest ? after : throw Removed(schema.Name, after);
    }

    private static RpcException Removed(string source, long after) => new(new Status(
        StatusCode.OutOfRange, $"The event after position {after} of source '{source}' was removed by retention. Position 0 reads from the oldest that is left."));
}
