using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.PredictionLog;

internal sealed partial class RetentionWorker(
    Retention retention, IOptions<PredictionLogOptions> options, TimeProvider timeProvider, ILogger<RetentionWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RetentionInterval, timeProvider);

        do
        {
            try
            {
                await retention.RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // What was not dropped is found again by the next round.
                LogFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Error, "The retention of the prediction log failed; the next round continues")]
    private partial void LogFailed(Exception exception);
}
