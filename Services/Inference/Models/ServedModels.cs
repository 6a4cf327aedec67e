using System.Collections.Immutable;
using System.Globalization;

namespace CloudNativeAi.Inference.Models;

/// <summary>Every model that is served, and the way from a name and an alias or number to a lease.</summary>
internal sealed class ServedModels(VersionPool pool)
{
    public const string DefaultAlias = "champion";
    public const string ChallengerAlias = "challenger";

    /// <summary>Why a version with an alias is not in memory, though nothing is wrong with it.</summary>
    public const string MadeRoom = "unloaded: memory was needed for others, and it was used least recently; the next request loads it";

    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableDictionary<string, ServedModel> _models = ImmutableDictionary<string, ServedModel>.Empty;

    /// <summary>The registry's models, or those of the last run, are known.</summary>
    public bool IsInitialized { get; private set; }

    public IReadOnlyCollection<ServedModel> All => [.. _models.Values];

    public IEnumerable<string> Names => _models.Keys.Order(StringComparer.Ordinal);

    public ServedModel? Find(string modelName) => _models.GetValueOrDefault(modelName);

    /// <summary>The aliases that point to the version, by name.</summary>
    public IReadOnlyList<string> AliasesOf(LoadedModel loaded) =>
        Find(loaded.ModelName) is { } model
            ? [.. model.Aliases.Where(alias => alias.Value.Version == loaded.Version).Select(alias => alias.Key).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Ends when what is served changes after it was asked for.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public void Set(ServedModel model)
    {
        ImmutableInterlocked.AddOrUpdate(ref _models, model.Name, model, (_, _) => model);
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>A version that an alias of the model should point to is being loaded.</summary>
    public bool IsLoading(string modelName) => Find(modelName)?.Pending.Values.Any(pending => pending.Reason.Length == 0) is true;

    public void Initialized() => IsInitialized = true;

    public InferenceException Unknown(string modelName) => IsInitialized
        ? new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{modelName}' is not found")
        : new InferenceException(InferenceErrorKind.Unavailable, $"Request for model '{modelName}': the server is not at ready state, it waits for the model registry");

    /// <param name="version">Empty: the champion. Else a number, or an alias.</param>
    /// <exception cref="InferenceException">There is nothing of that name and version to lease.</exception>
    public ValueTask<ModelLease> LeaseAsync(string modelName, string version, CancellationToken cancellationToken)
    {
        if (version.Length == 0)
        {
            return LeaseByAliasAsync(modelName, DefaultAlias, cancellationToken);
        }

        if (int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return LeaseByVersionAsync(modelName, number, cancellationToken);
        }

        return Find(modelName)?.Aliases.ContainsKey(version) is true
            ? LeaseByAliasAsync(modelName, version, cancellationToken)
            : throw InferenceException.Invalid($"failed to get model version from specified version string '{version}' for model '{modelName}': a version is an integral value > 0, or an alias");
    }

    /// <exception cref="InferenceException">There is nothing of that name and alias to lease.</exception>
    public ValueTask<ModelLease> LeaseByAliasAsync(string modelName, string alias, CancellationToken cancellationToken) =>
        pool.TryLease(SlotOf(modelName, alias)) is { } loaded
            ? ValueTask.FromResult(new ModelLease(loaded, alias))
            : LoadByAliasAsync(modelName, alias, cancellationToken);

    /// <exception cref="InferenceException">There is no such version, or it cannot be loaded.</exception>
    public async ValueTask<ModelLease> LeaseByVersionAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        if (pool.TryLease(modelName, version) is { } loaded)
        {
            return new ModelLease(loaded, "");
        }

        var model = Find(modelName) ?? throw Unknown(modelName);
        if (model.IsUnloaded)
        {
            throw Unloaded(model);
        }

        if (version < 1 || version > model.LatestVersion)
        {
            throw new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{modelName}' version {version} is not found");
        }

        return new ModelLease(await pool.LeaseAsync(modelName, version, cancellationToken), "");
    }

    private VersionSlot SlotOf(string modelName, string alias)
    {
        var model = Find(modelName) ?? throw Unknown(modelName);
        return model.Aliases.TryGetValue(alias, out var slot) ? slot : throw WithoutAlias(model, alias);
    }

    // It made room for others, or has a successor, which is in place already.
    private async ValueTask<ModelLease> LoadByAliasAsync(string modelName, string alias, CancellationToken cancellationToken) =>
        new(await pool.LeaseAsync(modelName, SlotOf(modelName, alias).Version, cancellationToken), alias);

    private static InferenceException Unloaded(ServedModel model) =>
        new(InferenceErrorKind.Unavailable, $"Model '{model.Name}' is not at ready state: unloaded");

    private static InferenceException WithoutAlias(ServedModel model, string alias)
    {
        if (model.IsUnloaded)
        {
            return Unloaded(model);
        }

        if (model.Pending.TryGetValue(alias, out var pending))
        {
            var reason = pending.Reason.Length == 0 ? "it is being loaded" : pending.Reason;
            return new InferenceException(InferenceErrorKind.Unavailable, $"Model '{model.Name}' version {pending.Version} is not at ready state: {reason}");
        }

        return alias == DefaultAlias
            ? new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{model.Name}' has no available versions (the alias '{alias}' is not set; name a version)")
            : new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{model.Name}' has no alias '{alias}'");
    }
}
