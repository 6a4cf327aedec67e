using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Parity;

/// <summary>Compares a sample of what is served with what training would see, again and again. A difference is counted, logged and kept.</summary>
internal sealed partial class ParityWorker(
    ParitySampler sampler,
    ParityCheck check,
    ParityStore store,
    FeatureStoreMetrics metrics,
    IOptions<ParityOptions> options,
    TimeProvider timeProvider,
    ILogger<ParityWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, timeProvider);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Another sample tells as much as this one.
                LogFailed(exception);
                sampler.Drop();
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // Its events are committed to the offline store later than to the online store: the next round then.
        if (sampler.Peek() is not { } sample || await check.RunAsync(sample, cancellationToken) is not { } differences)
        {
            return;
        }

        await store.AddAsync(sample, differences, cancellationToken);
        metrics.RecordParity(sample.View.Name, differences.Count == 0);
        foreach (var difference in differences)
        {
            LogDifferent($"{sample.View.Name}:{difference.Feature}", sample.AsOfMicros, sample.Position, difference.Online, difference.Offline);
        }

        sampler.Drop();
    }

    [LoggerMessage(
        LogLevel.Error, "Training would not see what was served: '{Feature}' as of {AsOfMicros}, events up to {Position}: online {Online}, offline {Offline}")]
    private partial void LogDifferent(string feature, long asOfMicros, long position, string online, string offline);

    [LoggerMessage(LogLevel.Warning, "A served vector could not be compared with the point-in-time join")]
    private partial void LogFailed(Exception exception);
}
