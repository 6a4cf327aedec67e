using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Web.Clients;

public sealed class MonitoringClient(
    PredictionLog.PredictionLogClient predictions,
    ModelMonitoring.ModelMonitoringClient monitoring,
    Retraining.RetrainingClient retraining,
    CallDeadlines deadlines)
{
    public const string Name = "Monitoring";

    public async Task<ListModelHealthResponse> ListModelHealthAsync(CancellationToken cancellationToken) =>
        await monitoring.ListModelHealthAsync(new ListModelHealthRequest(), deadlines.ForStatus(cancellationToken));

    public async Task<DriftSeries> GetDriftSeriesAsync(SeriesRequest request, CancellationToken cancellationToken) =>
        await monitoring.GetDriftSeriesAsync(request, deadlines.ForPage(cancellationToken));

    public async Task<PerformanceSeries> GetPerformanceSeriesAsync(SeriesRequest request, CancellationToken cancellationToken) =>
        await monitoring.GetPerformanceSeriesAsync(request, deadlines.ForPage(cancellationToken));

    public async Task<ListPredictionsResponse> ListPredictionsAsync(
        string model, string pageToken, int pageSize, bool labelledOnly, CancellationToken cancellationToken) =>
        await predictions.ListPredictionsAsync(
            new ListPredictionsRequest { ModelName = model, PageToken = pageToken, PageSize = pageSize, LabelledOnly = labelledOnly },
            deadlines.ForPage(cancellationToken));

    /// <summary>Newest first; an empty model means all of them, 0 starts with the newest.</summary>
    public async Task<ListAlertsResponse> ListAlertsAsync(string model, long beforeId, int pageSize, CancellationToken cancellationToken) =>
        await monitoring.ListAlertsAsync(
            new ListAlertsRequest { ModelName = model, BeforeId = beforeId, PageSize = pageSize }, deadlines.ForPage(cancellationToken));

    /// <summary>NOT_FOUND when the model has none.</summary>
    public async Task<RetrainPolicy> GetRetrainPolicyAsync(string model, CancellationToken cancellationToken) =>
        await retraining.GetRetrainPolicyAsync(new GetRetrainPolicyRequest { ModelName = model }, deadlines.ForPage(cancellationToken));

    public async Task<ListRetrainRequestsResponse> ListRetrainRequestsAsync(string model, int pageSize, CancellationToken cancellationToken) =>
        await retraining.ListRetrainRequestsAsync(
            new ListRetrainRequestsRequest { ModelName = model, PageSize = pageSize }, deadlines.ForPage(cancellationToken));

    public async Task<LoggedPrediction> GetPredictionAsync(string id, CancellationToken cancellationToken) =>
        await predictions.GetPredictionAsync(new GetPredictionRequest { PredictionId = id }, deadlines.ForPage(cancellationToken));
}
