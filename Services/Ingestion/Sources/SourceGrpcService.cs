using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Quality;
using Grpc.Core;
using Contract = CloudNativeAi.Contracts.Ingestion.Sources;

namespace CloudNativeAi.Ingestion.Sources;

internal sealed partial class SourceGrpcService(
    SourceStore sources, SourceCatalog catalog, DeadLetterStore deadLetters, DeadLetterReplay replay, QualityStore quality, TimeProvider timeProvider)
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

    public override async Task<SourceQuality> GetSourceQuality(GetSourceQualityRequest request, ServerCallContext context)
    {
        if (request.WindowMicros is < 0 or > QualityEndpoints.MaxHours * Micros.PerHour)
        {
            throw Invalid("window_micros is between 0 and 31 days");
        }

        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);
        var window = request.WindowMicros == 0 ? Micros.PerDay : request.WindowMicros;
        return await quality.ReadAsync(schema.SourceId, timeProvider.GetUtcNow().ToMicros() - window, context.CancellationToken);
    }

    private async Task<SourceSchema> FindSchemaAsync(string name, CancellationToken cancellationToken) =>
        await catalog.FindAsync(name, cancellationToken) ?? throw UnknownSource(name);

    private static RpcException UnknownSource(string name) =>
        new(new Status(StatusCode.NotFound, $"There is no source '{name}'. Declare it with PutSource."));

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));
}
