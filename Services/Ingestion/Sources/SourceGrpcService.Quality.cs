using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Quality;
using Grpc.Core;

namespace CloudNativeAi.Ingestion.Sources;

internal sealed partial class SourceGrpcService
{
    private const long MaxWindowMicros = QualityEndpoints.MaxHours * Micros.PerHour;

    public override async Task<SourceQuality> GetSourceQuality(GetSourceQualityRequest request, ServerCallContext context)
    {
        var since = Since(request.WindowMicros);
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await quality.ReadAsync(schema.SourceId, since, context.CancellationToken);
    }

    public override async Task<ListQualityAlertsResponse> PutQualityRules(PutQualityRulesRequest request, ServerCallContext context)
    {
        var schema = await catalog.RefreshAsync(request.Source, context.CancellationToken) ?? throw UnknownSource(request.Source);
        if (QualityRules.FindFault(schema, request.Rules) is { } fault)
        {
            throw Invalid(fault);
        }

        await rules.PutAsync(schema.SourceId, request.Rules, context.CancellationToken);
        return await rules.ListAsync(schema.SourceId, context.CancellationToken);
    }

    public override async Task<ListQualityAlertsResponse> ListQualityAlerts(ListQualityAlertsRequest request, ServerCallContext context)
    {
        var schema = request.Source.Length > 0 ? await FindSchemaAsync(request.Source, context.CancellationToken) : null;

        return await rules.ListAsync(schema?.SourceId, context.CancellationToken);
    }

    public override async Task<QualitySeries> GetQualitySeries(GetQualitySeriesRequest request, ServerCallContext context)
    {
        var since = Since(request.WindowMicros);
        var schema = await FindSchemaAsync(request.Source, context.CancellationToken);

        return await rules.ReadSeriesAsync(schema.SourceId, request.Rule, since, context.CancellationToken);
    }

    private long Since(long windowMicros) => windowMicros is >= 0 and <= MaxWindowMicros
        ? timeProvider.GetUtcNow().ToMicros() - (windowMicros == 0 ? Micros.PerDay : windowMicros)
        : throw Invalid("window_micros is between 0 and 31 days");
}
