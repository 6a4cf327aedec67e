using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.Quality;
using Grpc.Core;
using Contract = CloudNativeAi.Contracts.Ingestion.Sources;

namespace CloudNativeAi.Ingestion.Sources;

internal sealed partial class SourceGrpcService(
    SourceStore sources, SourceCatalog catalog, DeadLetterStore deadLetters, DeadLetterReplay replay, QualityStore quality, QualityRuleStore rules, TimeProvider timeProvider)
    : Contract.SourcesBase
{
    public override async Task<SourceStatus> PutSource(PutSourceRequest request, ServerCallContext context)
    {
        if (request.Source is null)
        {
            throw Invalid("source is missing");
        }

        var outcome = await sources.PutAsync(request.Source, context.CancellationToken);
        return outcome.Status ?? throw new RpcException(new Status(
            outcome.Incompatible ? StatusCode.FailedPrecondition : StatusCode.InvalidArgument, outcome.Fault));
    }

    public override async Task<SourceStatus> GetSource(GetSourceRequest request, ServerCallContext context) =>
        await sources.FindAsync(request.Name, context.CancellationToken) ?? throw UnknownSource(request.Name);

    public override async Task<ListSourcesResponse> ListSources(ListSourcesRequest request, ServerCallContext context) =>
        new() { Sources = { await sources.ListAsync(context.CancellationToken) } };

    private async Task<SourceSchema> FindSchemaAsync(string name, CancellationToken cancellationToken) =>
        await catalog.FindAsync(name, cancellationToken) ?? throw UnknownSource(name);

    private static RpcException UnknownSource(string name) =>
        new(new Status(StatusCode.NotFound, $"There is no source '{name}'. Declare it with PutSource."));

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}
