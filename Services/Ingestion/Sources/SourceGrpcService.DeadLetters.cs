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
        var list = new ListDeadLettersRequest { Source = request.Source, PageSize = request.PageSize, PageToken = request.PageToken, Field = request.Field };
        var query = DeadLetterQuery.From(list, out var fault) ?? throw Invalid(fault);
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await replay.ReplayAllAsync(schema, query, context.CancellationToken);
    }

    public override async Task<DeadLetter> DiscardDeadLetter(DiscardDeadLetterRequest request, ServerCallContext context)
    {
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await deadLetters.DiscardAsync(schema, request.Id, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"Source '{request.Source}' has no waiting dead letter {request.Id}."));
    }
}
