using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Keeps the roll-up close behind the log, so that retention finds nothing that was not summed up, and evaluates the rules on it.</summary>
internal sealed partial class QualityWorker(
    QualityRollup rollup, QualityEvaluation evaluation, IOptions<QualityOptions> options, TimeProvider timeProvider, ILogger<QualityWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, timeProvider);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await rollup.RunAsync(stoppingToken);
                await evaluation.RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The next round goes on where this one stopped.
                LogRollupFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The roll-up or evaluation of data quality failed")]
    private partial void LogRollupFailed(Exception exception);
}
