namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Keeps the roll-up close behind the log, so that retention finds nothing that was not summed up.</summary>
internal sealed partial class QualityWorker(QualityRollup rollup, TimeProvider timeProvider, ILogger<QualityWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await rollup.RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The next round goes on where this one stopped.
                LogRollupFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The roll-up of data quality failed")]
    private partial void LogRollupFailed(Exception exception);
}
