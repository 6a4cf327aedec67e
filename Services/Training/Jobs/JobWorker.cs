using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Training.Jobs;

/// <summary>Takes jobs from the queue and runs a bounded number at a time.</summary>
internal sealed partial class JobWorker(
    JobQueue queue, JobRunner runner, JobSignal signal, IHostApplicationLifetime lifetime, IOptions<JobOptions> options, ILogger<JobWorker> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => options.Value.RunOnce
        ? RunOnceAsync(stoppingToken)
        : Task.WhenAll(Enumerable.Range(0, options.Value.Concurrency).Select(_ => WorkAsync(stoppingToken)));

    // An error ends the process with it: whoever started it for one job starts it again.
    private async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        if (await queue.TakeAsync(stoppingToken) is { } lease)
        {
            await runner.RunAsync(lease, stoppingToken);
        }
        else
        {
            LogNothingToDo();
        }

        lifetime.StopApplication();
    }

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        // Start-up goes on meanwhile.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await queue.TakeAsync(stoppingToken) is { } lease)
                {
                    await runner.RunAsync(lease, stoppingToken);
                    continue;
                }
            }
            catch (NpgsqlException exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The lease of a job that could not be settled runs out, and it is taken again.
                LogQueueLost(exception);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await signal.WaitAsync(options.Value.PollInterval, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "No job waits")]
    private partial void LogNothingToDo();

    [LoggerMessage(LogLevel.Error, "The job queue could not be reached")]
    private partial void LogQueueLost(Exception exception);
}
