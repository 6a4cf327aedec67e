using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>Ends jobs that nothing is heard of, and forgets old ones.</summary>
internal sealed partial class UploadJobWorker(
    UploadJobStore jobs, IOptions<UploadJobOptions> options, TimeProvider timeProvider, ILogger<UploadJobWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.MaintenanceInterval, timeProvider);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var (failed, forgotten) = await jobs.MaintainAsync(stoppingToken);
                LogMaintained(failed, forgotten);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The next round does the same.
                LogMaintenanceFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "{Failed} uploads were idle for too long, {Forgotten} were forgotten")]
    private partial void LogMaintained(int failed, int forgotten);

    [LoggerMessage(LogLevel.Error, "Maintenance of the uploads failed")]
    private partial void LogMaintenanceFailed(Exception exception);
}
