using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ServiceDefaults.Grpc;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.Champions;

/// <summary>Follows the registry's aliases.</summary>
internal sealed partial class ChampionWorker(
    ModelRegistry.ModelRegistryClient registry, ChampionStore champions, TimeProvider timeProvider, ILogger<ChampionWorker> logger) : CallingWorker
{
    private const string ChampionAlias = "champion";
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(15);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        var backOff = FirstBackOff;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                using var call = registry.WatchModels(new WatchModelsRequest(), cancellationToken: stoppingToken);
                await foreach (var model in call.ResponseStream.ReadAllAsync(stoppingToken))
                {
                    backOff = FirstBackOff;
                    await champions.SaveAsync(
                        model.ModelName, model.Aliases.GetValueOrDefault(ChampionAlias), model.Revision, stoppingToken);
                }

                LogEnded();
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The last known champions stay; the next stream begins with the state of every model.
                LogLost(exception.Message);
            }

            await Task.Delay(backOff, timeProvider, stoppingToken);

            backOff = TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, LongestBackOff.Ticks));
        }
    }

    [LoggerMessage(LogLevel.Warning, "The registry's model stream is lost, the last known champions stay: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(LogLevel.Information, "The registry ended its model stream")]
    private partial void LogEnded();
}
