using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Web.Live;

/// <summary>Drift and quality of one model over its closed windows, and its newest predictions.</summary>
public sealed record ModelSeries(
    string ModelName,
    IReadOnlyList<DriftPoint> Drift,
    IReadOnlyList<PerformancePoint> Performance,
    IReadOnlyList<LoggedPrediction> RecentPredictions);
