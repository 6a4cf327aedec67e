using CloudNativeAi.Ingestion.Quality;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Makes the partitions of the coming days and drops those that retention gives up.</summary>
internal sealed partial class PartitionWorker(
    Partitions partitions, QualityRollup rollup, IOptions<EventLogOptions> options, TimeProvider timeProvider, ILogger<PartitionWorker> logger) : BackgroundService
{
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        var today = Micros.ToDay(now.ToMicros());
        for (var day = today; day <= today + options.Value.PartitionsAhead; day++)
        {
            await partitions.EnsureAsync(day, cancellationToken);
        }

        var firstKept = options.Value.Retention is { } retention ? Micros.ToDay((now - retention).ToMicros()) : int.MinValue;
        if (options.Value.RetentionBytes is { } bytes)
        {
            firstKept = Math.Max(firstKept, Math.Min(today, await partitions.FindFirstWithinAsync(bytes, cancellationToken)));
        }

        if (firstKept == int.MinValue)
        {
            return;
        }

        // What is dropped was summed up, also when the service was down for days and this is its first round.
        await rollup.RunAsync(cancellationToken);
        if (await partitions.DropBeforeAsync(firstKept, cancellationToken) is var dropped and > 0)
        {
            LogDropped(dropped, Partitions.NameOf(firstKept));
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

    [LoggerMessage(LogLevel.Information, "Retention dropped {Count} days of the event log, those before {FirstKept}")]
    private partial void LogDropped(int count, string firstKept);

    [LoggerMessage(LogLevel.Error, "Maintenance of the event log's partitions failed")]
    private partial void LogMaintenanceFailed(Exception exception);
}
