using System.Collections.Concurrent;
using CloudNativeAi.Contracts.ModelRegistry;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Follows the registry and loads what its aliases point at. While the registry is down, what was last known keeps serving.</summary>
internal sealed partial class RegistryFollower(
    ModelRegistry.ModelRegistryClient registry,
    ServedModels models,
    VersionCache cache,
    VersionLoader loader,
    IOptions<ModelOptions> options,
    IConfiguration configuration,
    TimeProvider timeProvider,
    ILogger<RegistryFollower> logger) : BackgroundService
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ModelState> _states = new(StringComparer.Ordinal);
    private readonly string _snapshotPath = Path.Combine(configuration["Data:Directory"] ?? Path.Combine("data", "inference"), "registry.json");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        models.Observe();
        await RestoreAsync(stoppingToken);

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                using var call = registry.WatchModels(new WatchModelsRequest(), cancellationToken: stoppingToken);
                await foreach (var state in call.ResponseStream.ReadAllAsync(stoppingToken))
                {
                    await ApplyAsync(state, stoppingToken);
                }
            }
            catch (RpcException exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLost(exception.Status.Detail);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(ReconnectDelay, timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ApplyAsync(ModelState state, CancellationToken cancellationToken)
    {
        if (!_states.ContainsKey(state.ModelName) && _states.Count >= options.Value.MaxModels)
        {
            LogTooMany(state.ModelName, options.Value.MaxModels);
            return;
        }

        _states[state.ModelName] = state;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.Value.LoadTimeout);
        var problem = await models.ApplyAsync(state, timeout.Token);
        if (problem is null)
        {
            await RememberAsync(cancellationToken);
        }
        else
        {
            LogRefused(state.ModelName, problem.Message);
            _ = RetryAsync(state, cancellationToken);
        }
    }

    // A version may be refused for a reason that passes, such as a registry that went away in the middle of the download.
    private async Task RetryAsync(ModelState state, CancellationToken cancellationToken)
    {
        for (var delay = options.Value.RetryDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            await Task.Delay(delay, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested || !ReferenceEquals(_states.GetValueOrDefault(state.ModelName), state))
            {
                return;
            }

            try
            {
                if (await models.ApplyAsync(state, cancellationToken) is null)
                {
                    await RememberAsync(cancellationToken);
                    return;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task RememberAsync(CancellationToken cancellationToken)
    {
        var snapshot = new RegistrySnapshot([.. models.Models.Select(model => new RegistrySnapshot.Model(
            model.Name,
            model.Aliases.ToDictionary(alias => alias.Key, alias => new RegistrySnapshot.Aliased(alias.Value.Version, alias.Value.Digest)),
            model.ChallengerShare,
            model.ShadowChallenger))]);
        await snapshot.WriteAsync(_snapshotPath, cancellationToken);
        cache.Trim(models.Versions.Select(version => version.Digest).ToHashSet());
    }

    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var model in (await RegistrySnapshot.ReadAsync(_snapshotPath, cancellationToken)).Models)
            {
                foreach (var aliased in model.Versions.Values)
                {
                    if (cache.Find(aliased.Digest) is { } directory)
                    {
                        models.Add(loader.Open(model.Name, aliased.Version, aliased.Digest, directory));
                    }
                }

                await models.ApplyAsync(model.ToState(), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is InferenceException or System.Text.Json.JsonException or IOException)
        {
            LogNotRestored(exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The model registry cannot be followed; what is loaded keeps serving ({Reason})")]
    private partial void LogLost(string reason);

    [LoggerMessage(LogLevel.Error, "A version of {Model} cannot be loaded; what served before keeps serving: {Reason}")]
    private partial void LogRefused(string model, string reason);

    [LoggerMessage(LogLevel.Warning, "{Model} is ignored: {Limit} models are followed already")]
    private partial void LogTooMany(string model, int limit);

    [LoggerMessage(LogLevel.Warning, "The models of the last run could not be restored from disk; the registry will say")]
    private partial void LogNotRestored(Exception exception);
}
