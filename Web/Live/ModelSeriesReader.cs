using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Web.Clients;

namespace CloudNativeAi.Web.Live;

/// <summary>Reads the series of every watched model, a bounded number of them.</summary>
internal sealed class ModelSeriesReader(MonitoringClient monitoring)
{
    private const int MaxModels = 20;
    private const int RecentPredictions = 10;
    private static readonly long SeriesSpanMicros = (long)TimeSpan.FromDays(30).TotalMicroseconds;

    public async Task<IReadOnlyList<ModelSeries>> ReadAsync(ListModelHealthResponse? health, CancellationToken cancellationToken)
    {
        var series = new List<ModelSeries>();

        foreach (var model in (health?.Models ?? []).OrderByDescending(model => model.Predictions).Take(MaxModels))
        {
            series.Add(await ReadAsync(model, cancellationToken));
        }

        return series;
    }

    private async Task<ModelSeries> ReadAsync(ModelHealth model, CancellationToken cancellationToken)
    {
        var range = SeriesRange(model);
        var drift = monitoring.GetDriftSeriesAsync(range, cancellationToken);
        var performance = monitoring.GetPerformanceSeriesAsync(range, cancellationToken);
        var recent = monitoring.ListPredictionsAsync(model.ModelName, "", RecentPredictions, labelledOnly: false, cancellationToken);
        await Task.WhenAll(drift, performance, recent);

        return new ModelSeries(
            model.ModelName, (await drift).Points, (await performance).Points, (await recent).Predictions);
    }

    /// <summary>
    /// The last 30 days before the newest window: windows are dated by the instant a prediction is for, which in a replay
    /// is not today.
    /// </summary>
    public static SeriesRequest SeriesRange(ModelHealth model)
    {
        var newest = model.DriftWindowEndMicros > 0
            ? model.DriftWindowEndMicros
            : Math.Max(model.LastPredictionMicros, model.LastLabelMicros);

        return new SeriesRequest
        {
            ModelName = model.ModelName,
            FromMicros = Math.Max(0, newest - SeriesSpanMicros),
            ToMicros = newest + 1,
        };
    }
}
