using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Web.Clients;

public sealed class MonitoringClient(
    PredictionLog.PredictionLogClient predictions,
    ModelMonitoring.ModelMonitoringClient monitoring,
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

    public async Task<LoggedPrediction> GetPredictionAsync(string id, CancellationToken cancellationToken) =>
        await predictions.GetPredictionAsync(new GetPredictionRequest { PredictionId = id }, deadlines.ForPage(cancellationToken));
}
