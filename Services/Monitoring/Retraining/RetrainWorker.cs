using CloudNativeAi.ServiceDefaults.Grpc;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Retraining;

internal sealed partial class RetrainWorker(
    RetrainSender sender, IOptions<RetrainingOptions> options, TimeProvider timeProvider, ILogger<RetrainWorker> logger) : CallingWorker
{
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, timeProvider);

        do
        {
            try
            {
                await sender.SendAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
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
