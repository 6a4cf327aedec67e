using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Telemetry;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>One look for new predictions and labels. What a round does not finish, or a crash interrupts, the next round finds again.</summary>
internal sealed class Evaluator(
    BaselineFetcher baselines,
    PredictionFolder predictions,
    LabelFolder labels,
    WindowCloser closer,
    DriftRound drift,
    PerformanceRound performance)
{
    // Figures are refreshed now and then even while there is a lot to catch up with.
    private const int FoldsPerRound = 20;

    /// <summary>True when there is more to do at once.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var activity = MonitoringTracing.Source.StartActivity("evaluate");

        await baselines.FetchMissingAsync(cancellationToken);
        var morePredictions = await FoldAsync(predictions.FoldAsync, cancellationToken);
        var moreLabels = await FoldAsync(labels.FoldAsync, cancellationToken);
        await closer.CloseAsync(cancellationToken);

        var moreDrift = await drift.EvaluateWindowsAsync(cancellationToken);
        await drift.EvaluateLiveAsync(cancellationToken);
        var morePerformance = await performance.EvaluateWindowsAsync(cancellationToken);
        await performance.EvaluateLiveAsync(cancellationToken);

        return morePredictions || moreLabels || moreDrift || morePerformance;
    }

    private static async Task<bool> FoldAsync(Func<CancellationToken, Task<bool>> fold, CancellationToken cancellationToken)
    {
        for (var round = 0; round < FoldsPerRound; round++)
        {
            if (!await fold(cancellationToken))
            {
                return false;
            }
        }

        return true;
    }
}
