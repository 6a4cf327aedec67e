using System.Collections.Immutable;
using System.Threading.Channels;
using CloudNativeAi.Contracts.ModelRegistry;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Brings what is served of one model to what the registry says, and tries again for as long as it cannot.</summary>
internal sealed partial class ModelFollower(
    string modelName, VersionPool pool, ServedModels served, ModelCache cache, IOptions<ModelOptions> options, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromMinutes(1);

    // Only the newest state counts.
    private readonly Channel<ModelState> _wanted = Channel.CreateBounded<ModelState>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the first state was served or found impossible.</summary>
    public Task FirstAttempt => _firstAttempt.Task;

    public void Offer(ModelState state) => _wanted.Writer.TryWrite(state);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        ModelState? state = null;
        var delay = options.Value.RetryDelay;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                state = state is null
                    ? await _wanted.Reader.ReadAsync(cancellationToken)
                    : await NextOrRetryAsync(state, delay, cancellationToken);

                if (await ServeAsync(state, cancellationToken))
                {
                    state = null;
                    delay = options.Value.RetryDelay;
                }
                else
                {
                    delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(exception, modelName);
            }

            _firstAttempt.TrySetResult();
        }
    }

    /// <summary>True when every alias is served as wished.</summary>
    private async Task<bool> ServeAsync(ModelState state, CancellationToken cancellationToken)
    {
        var before = served.Find(modelName);
        var aliases = before?.Aliases ?? ImmutableDictionary<string, LoadedModel>.Empty;
        aliases = aliases.RemoveRange(aliases.Keys.Where(alias => !state.Aliases.ContainsKey(alias)));
        var pending = state.Aliases
            .Where(alias => !(aliases.TryGetValue(alias.Key, out var loaded) && loaded.Version == alias.Value))
            .ToImmutableDictionary(alias => alias.Key, alias => (alias.Value, ""));
        Publish(state, aliases, pending);

        foreach (var (alias, (version, _)) in pending)
        {
            try
            {
                var loaded = await pool.GetAsync(modelName, version, cancellationToken);
                aliases = aliases.SetItem(alias, loaded);
                pending = pending.Remove(alias);
                Publish(state, aliases, pending);
                LogServing(modelName, alias, version);
            }
            catch (InferenceException exception)
            {
                // What was served before goes on serving.
                pending = pending.SetItem(alias, (version, exception.Message));
                Publish(state, aliases, pending);
                LogNotServed(modelName, alias, version, exception.Message);
            }
        }

        cache.SaveServed(
            new ManifestModel(modelName, aliases.ToDictionary(alias => alias.Key, alias => alias.Value.Version), state.Traffic.ChallengerShare, state.Traffic.ShadowChallenger, state.LatestVersion),
            pending.Keys);
        return pending.IsEmpty;
    }

    // The new set is in place before the pool may retire what is no longer in it.
    private void Publish(ModelState state, ImmutableDictionary<string, LoadedModel> aliases, ImmutableDictionary<string, (int Version, string Reason)> pending)
    {
        served.Set(new ServedModel(modelName, aliases, pending, state.Traffic.ChallengerShare, state.Traffic.ShadowChallenger, state.LatestVersion));
        pool.SetAliased(modelName, aliases.Values.Select(model => model.Version).Concat(pending.Values.Select(wanted => wanted.Version)).ToHashSet());
    }

    private async Task<ModelState> NextOrRetryAsync(ModelState state, TimeSpan delay, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(delay, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await _wanted.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return state;
        }
    }

    [LoggerMessage(LogLevel.Information, "Model {ModelName}: {Alias} is version {Version}")]
    private partial void LogServing(string modelName, string alias, int version);

    [LoggerMessage(LogLevel.Error, "Model {ModelName}: {Alias} should be version {Version}, which cannot be served: {Reason}")]
    private partial void LogNotServed(string modelName, string alias, int version, string reason);

    [LoggerMessage(LogLevel.Error, "Following model {ModelName} failed")]
    private partial void LogFailed(Exception exception, string modelName);
}
