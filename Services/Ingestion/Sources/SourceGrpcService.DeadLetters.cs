using System.Globalization;
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
            NextPageToken = page.Count == query.PageSize ? page[^1].Id.ToString(CultureInfo.InvariantCulture) : "",
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

    public override async Task<DeadLetter> DiscardDeadLetter(DiscardDeadLetterRequest request, ServerCallContext context)
    {
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await deadLetters.DiscardAsync(schema, request.Id, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"Source '{request.Source}' has no waiting dead letter {request.Id}."));
    }
}
