using System.Collections.Immutable;
using System.Threading.Channels;
using CloudNativeAi.Contracts.ModelRegistry;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Brings what is served of one model to what the registry says, and tries again for as long as it cannot.</summary>
internal sealed partial class ModelFollower(
    ModelState first, VersionPool pool, ServedModels served, ModelCache cache, IOptions<ModelOptions> options, TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromMinutes(1);

    private readonly string _modelName = first.ModelName;
    private readonly Channel<Wish> _wishes = Channel.CreateUnbounded<Wish>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the first state was served or found impossible.</summary>
    public Task FirstAttempt => _firstAttempt.Task;

    public void Offer(ModelState state) => _wishes.Writer.TryWrite(new Wish { State = state });

    /// <summary>Ends when it was tried.</summary>
    public Task LoadAsync() => WishAsync(isUnloaded: false);

    public Task UnloadAsync() => WishAsync(isUnloaded: true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var state = first;
        var isUnloaded = false;
        var isSettled = false;
        var delay = TimeSpan.Zero;
        List<TaskCompletionSource> waiting = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await WaitForWishAsync(isSettled ? Timeout.InfiniteTimeSpan : delay, cancellationToken);
                // Only the newest counts.
                while (_wishes.Reader.TryRead(out var wish))
                {
                    state = wish.State ?? state;
                    isUnloaded = wish.IsUnloaded ?? isUnloaded;
                    delay = TimeSpan.Zero;
                    if (wish.Tried is not null)
                    {
                        waiting.Add(wish.Tried);
                    }
                }

                isSettled = isUnloaded ? Unload(state) : await ServeAsync(state, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                isSettled = false;
                LogFailed(exception, _modelName);
            }

            delay = delay == TimeSpan.Zero ? options.Value.RetryDelay : delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            waiting.ForEach(tried => tried.SetResult());
            waiting.Clear();
            _firstAttempt.TrySetResult();
        }
    }

    private Task WishAsync(bool isUnloaded)
    {
        var tried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _wishes.Writer.TryWrite(new Wish { IsUnloaded = isUnloaded, Tried = tried });
        return tried.Task;
    }

    private bool Unload(ModelState state)
    {
        served.Set(new ServedModel(
            _modelName, ImmutableDictionary<string, VersionSlot>.Empty, ImmutableDictionary<string, (int, string)>.Empty,
            state.Traffic.ChallengerShare, state.Traffic.ShadowChallenger, state.LatestVersion, IsUnloaded: true));
        pool.Unload(_modelName);
        return true;
    }

    /// <summary>True when every alias is served as wished.</summary>
    private async Task<bool> ServeAsync(ModelState state, CancellationToken cancellationToken)
    {
        var before = served.Find(_modelName);
        var aliases = before?.Aliases ?? ImmutableDictionary<string, VersionSlot>.Empty;
        aliases = aliases.RemoveRange(aliases.Keys.Where(alias => !state.Aliases.ContainsKey(alias)));
        var pending = state.Aliases
            .Where(alias => !(aliases.TryGetValue(alias.Key, out var slot) && slot.Version == alias.Value))
            .ToImmutableDictionary(alias => alias.Key, alias => (alias.Value, ""));
        Publish(state, aliases, pending);

        foreach (var (alias, (version, _)) in pending)
        {
            try
            {
                aliases = aliases.SetItem(alias, await pool.LoadAsync(_modelName, version, cancellationToken));
                pending = pending.Remove(alias);
                Publish(state, aliases, pending);
                LogServing(_modelName, alias, version);
            }
            catch (InferenceException exception)
            {
                // What was served before goes on serving.
                pending = pending.SetItem(alias, (version, exception.Message));
                Publish(state, aliases, pending);
                LogNotServed(_modelName, alias, version, exception.Message);
            }
        }

        cache.SaveServed(
            new ManifestModel(_modelName, aliases.ToDictionary(alias => alias.Key, alias => alias.Value.Version), state.Traffic.ChallengerShare, state.Traffic.ShadowChallenger, state.LatestVersion),
            pending.Keys);
        return pending.IsEmpty;
    }

    // The new set is in place before the pool may retire what is no longer in it.
    private void Publish(ModelState state, ImmutableDictionary<string, VersionSlot> aliases, ImmutableDictionary<string, (int Version, string Reason)> pending)
    {
        served.Set(new ServedModel(_modelName, aliases, pending, state.Traffic.ChallengerShare, state.Traffic.ShadowChallenger, state.LatestVersion));
        pool.SetAliased(_modelName, aliases.Values.Select(slot => slot.Version).Concat(pending.Values.Select(wanted => wanted.Version)).ToHashSet());
    }

    private async Task WaitForWishAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (atMost == TimeSpan.Zero)
        {
            return;
        }

        using var timeout = new CancellationTokenSource(atMost, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _wishes.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to try again.
        }
    }

    [LoggerMessage(LogLevel.Information, "Model {ModelName}: {Alias} is version {Version}")]
    private partial void LogServing(string modelName, string alias, int version);

    [LoggerMessage(LogLevel.Error, "Model {ModelName}: {Alias} should be version {Version}, which cannot be served: {Reason}")]
    private partial void LogNotServed(string modelName, string alias, int version, string reason);

    [LoggerMessage(LogLevel.Error, "Following model {ModelName} failed")]
    private partial void LogFailed(Exception exception, string modelName);

    private sealed class Wish
    {
        /// <summary>Null: as before.</summary>
        public ModelState? State { get; init; }

        /// <summary>Null: as before.</summary>
        public bool? IsUnloaded { get; init; }

        public TaskCompletionSource? Tried { get; init; }
    }
}
