using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Alerts;
using CloudNativeAi.Monitoring.Validation;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.Health;

internal sealed class ModelMonitoringGrpcService(ModelHealthReader health, SeriesReader series, AlertStore alerts)
    : ModelMonitoring.ModelMonitoringBase
{
    public override async Task<ModelHealth> GetModelHealth(GetModelHealthRequest request, ServerCallContext context)
    {
        GrpcErrors.ThrowIf(Rules.ModelName("model_name", request.ModelName));

        return (await health.ReadAsync(request.ModelName, context.CancellationToken)).Models.FirstOrDefault()
            ?? throw NotKnown(request.ModelName);
    }

    public override Task<ListModelHealthResponse> ListModelHealth(ListModelHealthRequest request, ServerCallContext context) =>
        health.ReadAsync("", context.CancellationToken);

    public override async Task<DriftSeries> GetDriftSeries(SeriesRequest request, ServerCallContext context)
    {
        var version = await FindVersionAsync(request, context.CancellationToken);
        return await series.ReadDriftAsync(version, request.FromMicros, request.ToMicros, context.CancellationToken);
    }

    public override async Task<PerformanceSeries> GetPerformanceSeries(SeriesRequest request, ServerCallContext context)
    {
        var version = await FindVersionAsync(request, context.CancellationToken);
        return await series.ReadPerformanceAsync(version, request.FromMicros, request.ToMicros, context.CancellationToken);
    }

    public override async Task<ListAlertsResponse> ListAlerts(ListAlertsRequest request, ServerCallContext context)
    {
        GrpcErrors.ThrowIf(request.ModelName.Length == 0 ? null : Rules.ModelName("model_name", request.ModelName));
        var pageSize = PageSize.Of(request.PageSize);

        var response = new ListAlertsResponse();
        response.Alerts.AddRange(await alerts.ListAsync(request.ModelName, request.BeforeId, pageSize, context.CancellationToken));
        return response;
    }

    private async Task<ModelVersionKey> FindVersionAsync(SeriesRequest request, CancellationToken cancellationToken)
    {
        GrpcErrors.ThrowIf(SeriesValidation.Check(request));

        var version = request.ModelVersion > 0 ? request.ModelVersion : await health.FindVersionAsync(request.ModelName, cancellationToken);
        return version > 0 ? new ModelVersionKey(request.ModelName, version) : throw NotKnown(request.ModelName);
    }

    private static RpcException NotKnown(string modelName) =>
        GrpcErrors.NotFound($"The model '{modelName}' has neither predictions nor a champion.");
}
