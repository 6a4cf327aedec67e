using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.DeadLetters;
using Grpc.Core;

namespace CloudNativeAi.Ingestion.Sources;

internal sealed partial class SourceGrpcService
{
    public override async Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context)
    {
        var query = DeadLetterQuery.From(request, out var fault) ?? throw Invalid(fault);
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        var page = await deadLetters.ListAsync(schema, query, context.CancellationToken);

        return new ListDeadLettersResponse
        {
            DeadLetters = { page },
            NextPageToken = query.NextPageToken(page),
            Matching = await deadLetters.CountAsync(schema, query, context.CancellationToken),
        };
    }

    public override async Task<ReplayDeadLetterResponse> ReplayDeadLetter(ReplayDeadLetterRequest request, ServerCallContext context)
    {
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        var outcome = await replay.ReplayAsync(schema, request, context.CancellationToken);

        return outcome.Status switch
        {
            ReplayStatus.Accepted or ReplayStatus.Duplicate => new ReplayDeadLetterResponse
            {
                Accepted = outcome.Status == ReplayStatus.Accepted,
                LastPosition = outcome.LastPosition,
            },
            ReplayStatus.StillInvalid => throw Invalid(outcome.Fault),
            ReplayStatus.NotFound => throw new RpcException(new Status(StatusCode.NotFound, outcome.Fault)),
            _ => throw new RpcException(new Status(StatusCode.FailedPrecondition, outcome.Fault)),
        };
    }

    public override async Task<ReplayDeadLettersResponse> ReplayDeadLetters(ReplayDeadLettersRequest request, ServerCallContext context)
    {
        var query = Page(
            request.PageSize, request.PageToken, request.Field, request.EventId, request.Reason, request.ReceivedFromMicros, request.ReceivedUntilMicros);
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await replay.ReplayAllAsync(schema, query, context.CancellationToken);
    }

    public override async Task<DeadLetter> DiscardDeadLetter(DiscardDeadLetterRequest request, ServerCallContext context)
    {
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await deadLetters.DiscardAsync(schema, request.Id, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"Source '{request.Source}' has no waiting dead letter {request.Id}."));
    }

    public override async Task<DiscardDeadLettersResponse> DiscardDeadLetters(DiscardDeadLettersRequest request, ServerCallContext context)
    {
        var query = Page(
            request.PageSize, request.PageToken, request.Field, request.EventId, request.Reason, request.ReceivedFromMicros, request.ReceivedUntilMicros);
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        var (discarded, nextPageToken) = await deadLetters.DiscardAllAsync(schema, query, context.CancellationToken);
        return new DiscardDeadLettersResponse { Discarded = discarded, NextPageToken = nextPageToken };
    }

    private static DeadLetterQuery Page(int size, string token, string field, string eventId, string reason, long fromMicros, long untilMicros)
    {
        var request = new ListDeadLettersRequest
        {
            PageSize = size,
            PageToken = token,
            Field = field,
            EventId = eventId,
            Reason = reason,
            ReceivedFromMicros = fromMicros,
            ReceivedUntilMicros = untilMicros,
        };
        return DeadLetterQuery.From(request, out var fault) ?? throw Invalid(fault);
    }
}
