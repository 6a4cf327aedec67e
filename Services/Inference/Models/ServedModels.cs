using System.Collections.Concurrent;
using System.Collections.Frozen;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Inference.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>One model as it is served: replaced whole by each change.</summary>
internal sealed record ServedModel(string Name, FrozenDictionary<string, LoadedVersion> Aliases, double ChallengerShare, bool ShadowChallenger, string? Problem);

/// <summary>Which versions serve. Readers take no lock; a change replaces one reference.</summary>
internal sealed class ServedModels(
    ModelRegistry.ModelRegistryClient registry, VersionLoader loader, IOptions<ModelOptions> options, InferenceMetrics metrics) : IDisposable
{
    public const string Champion = "champion";
    public const string Challenger = "challenger";

    private readonly ConcurrentDictionary<string, ServedModel> _models = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Model, int Version), LoadedVersion> _loaded = new();
    private readonly SemaphoreSlim _loading = new(1, 1);

    public IEnumerable<ServedModel> Models => _models.Values;

    public IEnumerable<LoadedVersion> Versions => _loaded.Values;

    public void Observe() => metrics.ObserveLoadedVersions(() => _loaded.Count);

    public ServedModel? Find(string modelName) => _models.GetValueOrDefault(modelName);

    /// <summary>The version an alias points at.</summary>
    /// <exception cref="InferenceException">There is no such model or alias.</exception>
    public VersionLease Acquire(string modelName, string alias)
    {
        while (true)
        {
            if (!_models.TryGetValue(modelName, out var model))
            {
                throw new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{modelName}' is not found");
            }

            if (!model.Aliases.TryGetValue(alias, out var version))
            {
                throw new InferenceException(
                    InferenceErrorKind.NotFound,
                    $"Request for unknown model: '{modelName}' has no available versions with the alias '{alias}'{(model.Problem is null ? "" : $" ({model.Problem})")}");
            }

            if (version.TryAcquire())
            {
                return new VersionLease(version, alias);
            }
        }
    }

    /// <summary>A version by number; one that is not in memory is fetched and loaded.</summary>
    public async Task<VersionLease> AcquireAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        if (_loaded.TryGetValue((modelName, version), out var found) && found.TryAcquire())
        {
            return new VersionLease(found, RoleOf(found));
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            var loaded = await LoadAsync(modelName, version, cancellationToken);
            DropUnused();
            return loaded.TryAcquire()
                ? new VersionLease(loaded, RoleOf(loaded))
                : throw new InferenceException(InferenceErrorKind.Unavailable, $"'{modelName}' version {version} is not at ready state");
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            throw new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{modelName}' version {version} is not found", exception);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Makes the aliases of a model serve. A version that cannot be loaded leaves what serves now in place.</summary>
    public async Task<Exception?> ApplyAsync(ModelState state, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            var before = _models.GetValueOrDefault(state.ModelName);
            var aliases = new Dictionary<string, LoadedVersion>(StringComparer.Ordinal);
            Exception? problem = null;
            foreach (var (alias, version) in state.Aliases)
            {
                try
                {
                    aliases[alias] = await LoadAsync(state.ModelName, version, cancellationToken);
                }
                catch (Exception exception) when (exception is InferenceException or RpcException)
                {
                    problem = exception;
                    if (before is not null && before.Aliases.TryGetValue(alias, out var old))
                    {
                        aliases[alias] = old;
                    }
                }
            }

            var traffic = state.Traffic ?? new TrafficPolicy();
            _models[state.ModelName] = new ServedModel(state.ModelName, aliases.ToFrozenDictionary(StringComparer.Ordinal), traffic.ChallengerShare, traffic.ShadowChallenger, problem?.Message);
            DropUnused();
            return problem;
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task<LoadedVersion> LoadAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        if (_loaded.TryGetValue((modelName, version), out var found))
        {
            return found;
        }

        var request = new GetModelVersionRequest { ModelName = modelName, Version = version };
        var description = await registry.GetModelVersionAsync(request, cancellationToken: cancellationToken);
        return Add(await loader.LoadAsync(description, cancellationToken));
    }

    /// <summary>Puts a version that was opened from disk among the loaded ones.</summary>
    public LoadedVersion Add(LoadedVersion version) => _loaded[(version.ModelName, version.Version)] = version;

    // Versions without an alias, least recently used first, beyond the limit. Called under the loading lock.
    private void DropUnused()
    {
        var aliased = _models.Values.SelectMany(model => model.Aliases.Values).ToHashSet();
        foreach (var version in _loaded.Values.Where(version => !aliased.Contains(version)).OrderByDescending(version => version.LastUsed).Skip(options.Value.MaxUnaliasedVersions))
        {
            if (_loaded.TryRemove(KeyValuePair.Create((version.ModelName, version.Version), version)))
            {
                version.Release();
            }
        }
    }

    private string RoleOf(LoadedVersion version) => _models.TryGetValue(version.ModelName, out var model)
        ? model.Aliases.FirstOrDefault(alias => ReferenceEquals(alias.Value, version)).Key ?? ""
        : "";
}
