using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ServiceDefaults.Grpc;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Registry = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Watches the registry. Begins with what was served when the process last ended, so that a registry that is down stops
/// nothing; a lost watch is taken up again for ever.
/// </summary>
internal sealed partial class RegistryFollowerWorker(
    Registry.ModelRegistryClient registry,
    ModelRepository models,
    ServedModels served,
    ModelCache cache,
    IOptions<ModelOptions> options,
    TimeProvider timeProvider,
    ILogger<RegistryFollowerWorker> logger) : CallingWorker
{
    private static readonly TimeSpan MaxReconnectDelay = TimeSpan.FromSeconds(10);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        await ServeLastAsync(stoppingToken);

        var delay = options.Value.RetryDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await WatchAsync(() => delay = options.Value.RetryDelay, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogWatchLost(exception is RpcException rpc ? rpc.Status.Detail : exception.Message, served.All.Count);
            }

            await Task.Delay(delay, timeProvider, stoppingToken);
            delay = delay * 2 < MaxReconnectDelay ? delay * 2 : MaxReconnectDelay;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await models.StoppedAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeLastAsync(CancellationToken cancellationToken)
    {
        var last = cache.LastServed;
        foreach (var model in last)
        {
            var state = new ModelState
            {
                ModelName = model.Name,
                LatestVersion = model.LatestVersion,
                Traffic = new TrafficPolicy { ChallengerShare = model.ChallengerShare, ShadowChallenger = model.ShadowChallenger },
            };
            state.Aliases.Add(new Dictionary<string, int>(model.Aliases));
            models.Follow(state, cancellationToken);
        }

        if (last.Count > 0)
        {
            await models.FirstAttemptsAsync(cancellationToken);
            served.Initialized();
        }
    }

    private async Task WatchAsync(Action connected, CancellationToken cancellationToken)
    {
        // The list is complete, which a watch never is: after it, a name that is not there is unknown.
        var present = await registry.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancellationToken);
        foreach (var state in present.Models)
        {
            models.Follow(state, cancellationToken);
        }

        await models.FirstAttemptsAsync(cancellationToken);
        served.Initialized();
        connected();

        using var watch = registry.WatchModels(new WatchModelsRequest(), cancellationToken: cancellationToken);
        await foreach (var state in watch.ResponseStream.ReadAllAsync(cancellationToken))
        {
            models.Follow(state, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The model registry is not reachable ({Reason}); {Count} models go on serving what they serve")]
    private partial void LogWatchLost(string reason, int count);
}
