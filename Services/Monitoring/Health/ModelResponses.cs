using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Monitoring.Health;

/// <summary>The HTTP form of ModelHealth: instants are RFC 3339, what is not known is null.</summary>
internal sealed record ModelHealthResponse(
    string ModelName,
    int ModelVersion,
    int ChampionVersion,
    long Predictions,
    long PredictionsPending,
    long Labels,
    long LabelsJoined,
    DateTimeOffset? LastPrediction,
    DateTimeOffset? LastLabel,
    string Baseline,
    DriftPointResponse? Drift,
    PerformanceResponse? Performance)
{
    public static ModelHealthResponse From(ModelHealth health) => new(
        health.ModelName, health.ModelVersion, health.ChampionVersion, health.Predictions, health.PredictionsPending, health.Labels,
        health.LabelsJoined, Instant(health.LastPredictionMicros), Instant(health.LastLabelMicros), health.Baseline,
        health.DriftSample == 0 ? null : new DriftPointResponse(
            Micros.ToInstant(health.DriftWindowStartMicros), Micros.ToInstant(health.DriftWindowEndMicros), health.DriftSample,
            [.. health.Drift.Select(DriftScoreResponse.From)]),
        health.AucSample == 0 ? null : new PerformanceResponse(
            health.AucSample, Finite(health.Auc), Finite(health.AucLow), Finite(health.AucHigh), Finite(health.LogLoss),
            Finite(health.PositiveShare), Finite(health.MeanScore), Finite(health.MeanAbsoluteError), Finite(health.RootMeanSquaredError)));

    internal static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static DateTimeOffset? Instant(long micros) => micros == 0 ? null : Micros.ToInstant(micros);
}

internal sealed record DriftPointResponse(DateTimeOffset WindowStart, DateTimeOffset WindowEnd, long Sample, IReadOnlyList<DriftScoreResponse> Scores)
{
    public static DriftPointResponse From(DriftPoint point) => new(
        Micros.ToInstant(point.WindowStartMicros), Micros.ToInstant(point.WindowEndMicros), point.Sample,
        [.. point.Scores.Select(DriftScoreResponse.From)]);
}

internal sealed record DriftScoreResponse(
    string Name, double Psi, string Level, double WatchThreshold, double DriftThreshold, double ExpectedPsi,
    double MissingShare, double BaselineMissingShare, double MissingPsi)
{
    public static DriftScoreResponse From(DriftScore score) => new(
        score.Name, score.Psi, score.Level, score.WatchThreshold, score.DriftThreshold, score.ExpectedPsi,
        score.MissingShare, score.BaselineMissingShare, score.MissingPsi);
}

internal sealed record PerformanceResponse(
    long Sample, double? Auc, double? AucLow, double? AucHigh, double? LogLoss, double? PositiveShare, double? MeanScore,
    double? MeanAbsoluteError, double? RootMeanSquaredError);

internal sealed record PerformancePointResponse(DateTimeOffset WindowStart, DateTimeOffset WindowEnd, PerformanceResponse Performance)
{
    public static PerformancePointResponse From(PerformancePoint point) => new(
        Micros.ToInstant(point.WindowStartMicros),
        Micros.ToInstant(point.WindowEndMicros),
        new PerformanceResponse(
            point.Sample, ModelHealthResponse.Finite(point.Auc), ModelHealthResponse.Finite(point.AucLow), ModelHealthResponse.Finite(point.AucHigh),
            ModelHealthResponse.Finite(point.LogLoss), ModelHealthResponse.Finite(point.PositiveShare), ModelHealthResponse.Finite(point.MeanScore),
            ModelHealthResponse.Finite(point.MeanAbsoluteError), ModelHealthResponse.Finite(point.RootMeanSquaredError)));
}

internal sealed record AlertResponse(
    long Id, string ModelName, int ModelVersion, string Kind, string Reason, DateTimeOffset WindowStart, DateTimeOffset WindowEnd,
    double Value, double Threshold, DateTimeOffset Raised)
{
    public static AlertResponse From(Alert alert) => new(
        alert.Id, alert.ModelName, alert.ModelVersion, alert.Kind, alert.Reason, Micros.ToInstant(alert.WindowStartMicros),
        Micros.ToInstant(alert.WindowEndMicros), alert.Value, alert.Threshold, Micros.ToInstant(alert.RaisedMicros));
}
