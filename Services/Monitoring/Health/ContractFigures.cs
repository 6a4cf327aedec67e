using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Drift;
using CloudNativeAi.Monitoring.Performance;

namespace CloudNativeAi.Monitoring.Health;

/// <summary>Figures in the contract's form.</summary>
internal static class ContractFigures
{
    public static DriftScore ToContract(DriftFigure figure) => new()
    {
        Name = figure.Name,
        Psi = figure.Psi,
        Level = figure.Level,
        MissingShare = figure.MissingShare,
        BaselineMissingShare = figure.BaselineMissingShare,
        WatchThreshold = figure.WatchThreshold,
        DriftThreshold = figure.DriftThreshold,
        ExpectedPsi = figure.ExpectedPsi,
        MissingPsi = figure.MissingPsi,
    };

    public static void Fill(ModelHealth health, PerformanceFigures figures)
    {
        health.AucSample = figures.Sample;
        health.Auc = figures.AreaUnderCurve.Value;
        health.AucLow = figures.AreaUnderCurve.Low;
        health.AucHigh = figures.AreaUnderCurve.High;
        health.LogLoss = figures.LogLoss;
        health.PositiveShare = figures.PositiveShare;
        health.MeanScore = figures.MeanScore;
        health.MeanAbsoluteError = figures.MeanAbsoluteError;
        health.RootMeanSquaredError = figures.RootMeanSquaredError;
    }

    public static PerformancePoint ToPoint(long startMicros, long endMicros, PerformanceFigures figures) => new()
    {
        WindowStartMicros = startMicros,
        WindowEndMicros = endMicros,
        Sample = figures.Sample,
        Auc = figures.AreaUnderCurve.Value,
        AucLow = figures.AreaUnderCurve.Low,
        AucHigh = figures.AreaUnderCurve.High,
        LogLoss = figures.LogLoss,
        PositiveShare = figures.PositiveShare,
        MeanScore = figures.MeanScore,
        MeanAbsoluteError = figures.MeanAbsoluteError,
        RootMeanSquaredError = figures.RootMeanSquaredError,
    };
}
