using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Pulls;

/// <summary>Looks into every directory and table, one after another, again and again.</summary>
internal sealed partial class PullWorker(
    DirectoryPuller directories, TablePuller tables, IOptions<PullOptions> options, TimeProvider timeProvider, ILogger<PullWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value is { Directories.Count: 0, Tables.Count: 0 })
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.Interval, timeProvider);
        do
        {
            foreach (var directory in options.Value.Directories)
            {
                await RunAsync(directory.Path, token => directories.RunOnceAsync(directory, token), stoppingToken);
            }

            foreach (var table in options.Value.Tables)
            {
                await RunAsync(table.Source, token => tables.RunOnceAsync(table, token), stoppingToken);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RunAsync(string name, Func<CancellationToken, Task> pull, CancellationToken stoppingToken)
    {
        try
        {
            await pull(stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // The next round goes on from what was saved; the others are not held up.
            LogPullFailed(exception, name);
        }
    }

    [LoggerMessage(LogLevel.Error, "Pulling {Name} failed")]
    private partial void LogPullFailed(Exception exception, string name);
}
