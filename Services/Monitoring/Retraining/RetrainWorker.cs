using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Retraining;

internal sealed partial class RetrainWorker(
    RetrainSender sender, IOptions<RetrainingOptions> options, TimeProvider timeProvider, ILogger<RetrainWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, timeProvider);

        do
        {
            try
            {
                await sender.SendAsync(stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // A cancelled call ends as an RpcException, which the host would take for a failure.
                return;
            }
            catch (Exception exception)
            {
                // The requests stay pending until the next round.
                LogFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Error, "Sending retrain requests failed")]
    private partial void LogFailed(Exception exception);
}
