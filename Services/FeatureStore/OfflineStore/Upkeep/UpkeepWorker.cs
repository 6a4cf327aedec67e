using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.OfflineStore.Upkeep;

/// <summary>Keeps the tables in good order while this replica leads: compaction, then vacuum, then the cleaning up of the log.</summary>
internal sealed partial class UpkeepWorker(
    SourceTableStore tables,
    ProgressBoard board,
    FeatureStoreMetrics metrics,
    IOptions<OfflineStoreOptions> options,
    TimeProvider timeProvider,
    ILogger<UpkeepWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.UpkeepInterval, timeProvider);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (board.IsWrittenHere)
            {
                await RunAsync(stoppingToken);
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var source in tables.Sources)
        {
            try
            {
                var done = await tables.UpkeepAsync(source, cancellationToken);
                metrics.RecordUpkeep(source, done);
                if (done != default)
                {
                    LogDone(source, done.FilesCompacted, done.FilesWritten, done.FilesVacuumed, done.LogFilesDeleted);
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The table is as good as before; the next round begins anew.
                LogFailed(source, exception);
            }
        }
    }

    [LoggerMessage(
        LogLevel.Information, "Upkeep of '{Source}': {Compacted} files became {Written}, {Vacuumed} files that nobody reads and {LogFiles} of the log were deleted")]
    private partial void LogDone(string source, int compacted, int written, int vacuumed, int logFiles);

    [LoggerMessage(LogLevel.Error, "The upkeep of '{Source}' failed")]
    private partial void LogFailed(string source, Exception exception);
}
