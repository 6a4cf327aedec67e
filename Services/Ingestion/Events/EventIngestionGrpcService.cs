using CloudNativeAi.Contracts.Ingestion;
using Grpc.Core;
using Npgsql;
using Contract = CloudNativeAi.Contracts.Ingestion.EventIngestion;

namespace CloudNativeAi.Ingestion.Events;

internal sealed partial class EventIngestionGrpcService(
    BatchIngestion ingestion, IngestionBudget budget, IHostApplicationLifetime lifetime, ILogger<EventIngestionGrpcService> logger) : Contract.EventIngestionBase
{
    public override async Task<IngestEventsResponse> IngestEvents(IngestEventsRequest request, ServerCallContext context)
    {
        using var batch = await ingestion.PrepareAsync(request, context.CancellationToken);
        var response = await ingestion.WriteAsync(batch, context.CancellationToken);
        return response.ErrorCode == 0 ? response : throw ToException(response);
    }

    public override async Task IngestEventStream(
        IAsyncStreamReader<IngestEventsRequest> requestStream, IServerStreamWriter<IngestEventsResponse> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        Task<IngestEventsResponse>? writing = null;

        try
        {
            // The next batch is received and validated while this one is written; batches are written one after another, in order.
            while (await requestStream.MoveNext(stop.Token))
            {
                var batch = await ingestion.PrepareAsync(requestStream.Current, context.CancellationToken);
                try
                {
                    await AnswerAsync(writing, responseStream, context.CancellationToken);
                }
                catch
                {
                    batch.Dispose();
                    throw;
                }

                writing = WriteAsync(batch, context.CancellationToken);
            }
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            await AnswerAsync(writing, responseStream, context.CancellationToken);
            throw new RpcException(new Status(StatusCode.Unavailable, "The service is stopping. Batches without an answer were not written; send them to another replica."));
        }

        await AnswerAsync(writing, responseStream, context.CancellationToken);
    }

    private async Task<IngestEventsResponse> WriteAsync(PreparedBatch batch, CancellationToken cancellationToken)
    {
        using (batch)
        {
            try
            {
                return await ingestion.WriteAsync(batch, cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                // The stream goes on: the client sends this batch again, here or elsewhere, and what was written of it counts as duplicates.
                LogNotWritten(exception);
                return new IngestEventsResponse
                {
                    Error = "The event log is not reachable; send this batch again later.",
                    ErrorCode = (int)StatusCode.Unavailable,
                    RetryAfterMicros = (long)budget.RetryAfter.TotalMicroseconds,
                };
            }
        }
    }

    private static async Task AnswerAsync(
        Task<IngestEventsResponse>? writing, IServerStreamWriter<IngestEventsResponse> responseStream, CancellationToken cancellationToken)
    {
        if (writing is not null)
        {
            await responseStream.WriteAsync(await writing, cancellationToken);
        }
    }

    private RpcException ToException(IngestEventsResponse response)
    {
        var code = (StatusCode)response.ErrorCode;
        return code == StatusCode.ResourceExhausted
            ? RetryHint.ResourceExhausted(response.Error, budget.RetryAfter)
            : new RpcException(new Status(code, response.Error));
    }

    [LoggerMessage(LogLevel.Warning, "A batch of a stream was not written")]
    private partial void LogNotWritten(Exception exception);
}
