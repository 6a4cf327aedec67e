using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Makes the partitions of the coming days and drops those that retention gives up.</summary>
internal sealed partial class PartitionWorker(
    Partitions partitions, IOptions<EventLogOptions> options, TimeProvider timeProvider, ILogger<PartitionWorker> logger) : BackgroundService
{
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        var today = Micros.ToDay(now.ToMicros());
        for (var day = today; day <= today + options.Value.PartitionsAhead; day++)
        {
            await partitions.EnsureAsync(day, cancellationToken);
        }

        if (options.Value.Retention is { } retention)
        {
            var dropped = await partitions.DropBeforeAsync(Micros.ToDay((now - retention).ToMicros()), cancellationToken);
            if (dropped > 0)
            {
                LogDropped(dropped, retention);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.MaintenanceInterval, timeProvider);

        do
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // A writer makes the partition it needs; the next round repeats the rest.
                LogMaintenanceFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Information, "Dropped {Count} days of the event log that were older than {Retention}")]
    private partial void LogDropped(int count, TimeSpan retention);

    [LoggerMessage(LogLevel.Error, "Maintenance of the event log's partitions failed")]
    private partial void LogMaintenanceFailed(Exception exception);
}
