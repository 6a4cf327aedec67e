using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Alerts;
using CloudNativeAi.Monitoring.Validation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Monitoring.Health;

internal static class ModelEndpoints
{
    private const int MaxAlerts = 100;

    public static void MapModelEndpoints(this IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/v1/models").WithTags("Models");

        models.MapGet("/{model}/health", GetHealthAsync).WithName("GetModelHealth");
        models.MapGet("/{model}/drift", GetDriftAsync).WithName("GetDriftSeries");
        models.MapGet("/{model}/performance", GetPerformanceAsync).WithName("GetPerformanceSeries");
        models.MapGet("/{model}/alerts", GetAlertsAsync).WithName("ListAlerts");
    }

    private static async Task<Results<Ok<ModelHealthResponse>, ProblemHttpResult>> GetHealthAsync(
        string model, ModelHealthReader health, CancellationToken cancellationToken)
    {
        if (Rules.ModelName("model", model) is { } problem)
        {
            return HttpProblems.Invalid(problem);
        }

        return (await health.ReadAsync(model, cancellationToken)).Models.FirstOrDefault() is { } found
            ? TypedResults.Ok(ModelHealthResponse.From(found))
            : NotKnown(model);
    }

    private static Task<Results<Ok<DriftPointResponse[]>, ProblemHttpResult>> GetDriftAsync(
        string model, int? version, DateTimeOffset? from, DateTimeOffset? to,
        ModelHealthReader health, SeriesReader series, CancellationToken cancellationToken) =>
        GetSeriesAsync(
            CreateRequest(model, version, from, to), health,
            async (key, request) => (await series.ReadDriftAsync(key, request.FromMicros, request.ToMicros, cancellationToken))
                .Points.Select(DriftPointResponse.From).ToArray(),
            cancellationToken);

    private static Task<Results<Ok<PerformancePointResponse[]>, ProblemHttpResult>> GetPerformanceAsync(
        string model, int? version, DateTimeOffset? from, DateTimeOffset? to,
        ModelHealthReader health, SeriesReader series, CancellationToken cancellationToken) =>
        GetSeriesAsync(
            CreateRequest(model, version, from, to), health,
            async (key, request) => (await series.ReadPerformanceAsync(key, request.FromMicros, request.ToMicros, cancellationToken))
                .Points.Select(PerformancePointResponse.From).ToArray(),
            cancellationToken);

    private static async Task<Results<Ok<TPoint[]>, ProblemHttpResult>> GetSeriesAsync<TPoint>(
        SeriesRequest request, ModelHealthReader health, Func<ModelVersionKey, SeriesRequest, Task<TPoint[]>> read, CancellationToken cancellationToken)
    {
        if (SeriesValidation.Check(request) is { } problem)
        {
            return HttpProblems.Invalid(problem);
        }

        return await FindVersionAsync(request, health, cancellationToken) is { } key
            ? TypedResults.Ok(await read(key, request))
            : NotKnown(request.ModelName);
    }

    private static async Task<Results<Ok<AlertResponse[]>, ProblemHttpResult>> GetAlertsAsync(
        string model, AlertStore alerts, CancellationToken cancellationToken)
    {
        if (Rules.ModelName("model", model) is { } problem)
        {
            return HttpProblems.Invalid(problem);
        }

        var newest = await alerts.ListAsync(model, beforeId: 0, MaxAlerts, cancellationToken);
        return TypedResults.Ok(newest.Select(AlertResponse.From).ToArray());
    }

    private static SeriesRequest CreateRequest(string model, int? version, DateTimeOffset? from, DateTimeOffset? to) => new()
    {
        ModelName = model,
        ModelVersion = version ?? 0,
        FromMicros = from is { } start ? Micros.From(start) : 0,
        ToMicros = to is { } end ? Micros.From(end) : 0,
    };

    private static async Task<ModelVersionKey?> FindVersionAsync(
        SeriesRequest request, ModelHealthReader health, CancellationToken cancellationToken)
    {
        var version = request.ModelVersion > 0 ? request.ModelVersion : await health.FindVersionAsync(request.ModelName, cancellationToken);
        return version > 0 ? new ModelVersionKey(request.ModelName, version) : null;
    }

    private static ProblemHttpResult NotKnown(string model) =>
        HttpProblems.NotFound($"The model '{model}' has neither predictions nor a champion.");
}
