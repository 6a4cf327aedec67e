using CloudNativeAi.Inference.Telemetry;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Every version in memory: those an alias points to, and a bounded number of others (asked for by number, or former
/// champions, to which a rollback is then instant). All of them fit into the memory budget: before one is loaded, the least
/// recently used go, those without an alias first. One that is asked for again is loaded again.
/// </summary>
internal sealed partial class VersionPool : IDisposable
{
    private readonly VersionSource _source;
    private readonly VersionLoads _loads;
    private readonly int _maxUnaliasedVersions;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<VersionPool> _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, int Version), VersionSlot> _slots = [];
    private readonly Dictionary<string, IReadOnlySet<int>> _aliased = new(StringComparer.Ordinal);
    private long _draining;

    public VersionPool(VersionSource source, IOptions<ModelOptions> options, InferenceMetrics metrics, TimeProvider timeProvider, ILogger<VersionPool> logger)
    {
        _source = source;
        _maxUnaliasedVersions = options.Value.MaxUnaliasedVersions;
        _timeProvider = timeProvider;
        _logger = logger;
        Memory = new MemoryBudget(options.Value.EffectiveMemoryBudgetBytes);
        _loads = new VersionLoads(source, Memory, TryEvict, options, timeProvider);
        metrics.ObserveLoadedVersions(() => Loaded.Count);
        metrics.ObserveModelMemory(() => Memory.Reserved, () => Memory.Bytes);
    }

    public MemoryBudget Memory { get; }

    public IReadOnlyList<LoadedModel> Loaded
    {
        get
        {
            lock (_lock)
            {
                return [.. _slots.Values.Select(slot => slot.Loaded).OfType<LoadedModel>()];
            }
        }
    }

    /// <summary>A lease of the version when it is in memory.</summary>
    public LoadedModel? TryLease(string modelName, int version)
    {
        VersionSlot? slot;
        lock (_lock)
        {
            slot = _slots.GetValueOrDefault((modelName, version));
        }

        return slot is null ? null : TryLease(slot);
    }

    /// <summary>A lease of the slot's version when it is in memory.</summary>
    public LoadedModel? TryLease(VersionSlot slot) =>
        slot.Loaded is { } loaded && loaded.TryLease(_timeProvider.GetTimestamp()) ? loaded : null;

    /// <summary>A lease of the version, which is loaded now if it is not in memory; everyone who asks meanwhile waits for the same load.</summary>
    /// <exception cref="InferenceException">It cannot be loaded.</exception>
    public async ValueTask<LoadedModel> LeaseAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        var slot = Enter(modelName, version);
        try
        {
            while (true)
            {
                if (TryLease(slot) is { } leased)
                {
                    return leased;
                }

                await LoadingOf(slot).WaitAsync(cancellationToken);
            }
        }
        finally
        {
            Leave(slot);
        }
    }

    /// <summary>Loads the version if it is not in memory.</summary>
    /// <exception cref="InferenceException">It cannot be loaded.</exception>
    public async Task<VersionSlot> LoadAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        var slot = Enter(modelName, version);
        try
        {
            await LoadingOf(slot).WaitAsync(cancellationToken);
            return slot;
        }
        finally
        {
            Leave(slot);
        }
    }

    /// <summary>Says which versions of a model have aliases; the others may go.</summary>
    public void SetAliased(string modelName, IReadOnlySet<int> versions)
    {
        lock (_lock)
        {
            _aliased[modelName] = versions;
        }

        Trim();
    }

    /// <summary>Lets go of every version of a model.</summary>
    public void Unload(string modelName)
    {
        List<LoadedModel> unloaded;
        lock (_lock)
        {
            _aliased.Remove(modelName);
            var slots = _slots.Values.Where(slot => slot.ModelName == modelName).ToList();
            slots.ForEach(slot => _slots.Remove((slot.ModelName, slot.Version)));
            unloaded = [.. slots.Select(TakeOut).OfType<LoadedModel>()];
        }

        Retire(unloaded, "it was asked to");
    }

    public void Dispose()
    {
        List<LoadedModel> unloaded;
        lock (_lock)
        {
            unloaded = [.. _slots.Values.Select(TakeOut).OfType<LoadedModel>()];
            _slots.Clear();
        }

        unloaded.ForEach(model => model.Retire());
        _loads.Dispose();
    }

    private VersionSlot Enter(string modelName, int version)
    {
        lock (_lock)
        {
            if (!_slots.TryGetValue((modelName, version), out var slot))
            {
                slot = new VersionSlot(modelName, version);
                _slots.Add((modelName, version), slot);
            }

            slot.Waiting++;
            return slot;
        }
    }

    private void Leave(VersionSlot slot)
    {
        lock (_lock)
        {
            slot.Waiting--;
            if (slot.Waiting > 0)
            {
                return;
            }

            if (slot is { Loaded: null, Loading: null } && !IsAliased(slot) && IsKnown(slot))
            {
                _slots.Remove((slot.ModelName, slot.Version));
            }
        }

        // It may go now.
        Memory.Notify();
    }

    private Task LoadingOf(VersionSlot slot)
    {
        lock (_lock)
        {
            if (slot.Loaded is not null)
            {
                return Task.CompletedTask;
            }

            if (!IsKnown(slot))
            {
                throw UnloadedMeanwhile(slot);
            }

            return slot.Loading ??= LoadAsync(slot);
        }
    }

    // The load belongs to nobody's request: whoever gives up waiting does not end it for the others.
    private async Task LoadAsync(VersionSlot slot)
    {
        await Task.Yield();
        try
        {
            Keep(slot, await _loads.LoadAsync(slot.ModelName, slot.Version));
            Trim();
        }
        finally
        {
            lock (_lock)
            {
                slot.Loading = null;
            }
        }
    }

    private void Keep(VersionSlot slot, LoadedModel model)
    {
        model.LastUsed = _timeProvider.GetTimestamp();
        bool isWanted;
        lock (_lock)
        {
            isWanted = IsKnown(slot);
            if (isWanted)
            {
                slot.Loaded = model;
            }
        }

        if (!isWanted)
        {
            model.Retire();
            throw UnloadedMeanwhile(slot);
        }
    }

    // False: there is nothing to evict, or what was let go makes enough room as soon as it has answered.
    private bool TryEvict(long bytes)
    {
        LoadedModel victim;
        lock (_lock)
        {
            if (Memory.Reserved - _draining + bytes <= Memory.Bytes)
            {
                return false;
            }

            // One that answers right now is taken only when all do: its requests end, and later ones load it again.
            var slot = _slots.Values
                .Where(slot => slot is { Loaded: not null, Waiting: 0 })
                .OrderBy(slot => slot.Loaded!.IsLeased).ThenBy(IsAliased).ThenBy(slot => slot.Loaded!.LastUsed)
                .FirstOrDefault();
            if (slot is null)
            {
                return false;
            }

            victim = TakeOut(slot)!;
            if (!IsAliased(slot))
            {
                _slots.Remove((slot.ModelName, slot.Version));
            }
        }

        Retire([victim], "memory is needed for others, and it was used least recently");
        return true;
    }

    private void Trim()
    {
        List<LoadedModel> surplus = [];
        HashSet<string> digests;
        lock (_lock)
        {
            var unaliased = _slots.Values
                .Where(slot => slot is { Loaded: not null, Waiting: 0 } && !IsAliased(slot))
                .OrderByDescending(slot => slot.Loaded!.LastUsed)
                .Skip(_maxUnaliasedVersions - CountWaiting())
                .ToList();
            foreach (var slot in unaliased)
            {
                _slots.Remove((slot.ModelName, slot.Version));
                surplus.Add(TakeOut(slot)!);
            }

            digests = [.. _slots.Values.Select(slot => slot.Loaded?.Digest).OfType<string>(), .. _loads.Digests];
        }

        Retire(surplus, "no alias points to it, and it was used least recently");
        _source.Trim(digests);
    }

    // Under the lock. They count, but whoever waits for one gets it first.
    private int CountWaiting() => _slots.Values.Count(slot => slot is { Loaded: not null, Waiting: > 0 } && !IsAliased(slot));

    // Under the lock.
    private bool IsAliased(VersionSlot slot) => _aliased.TryGetValue(slot.ModelName, out var versions) && versions.Contains(slot.Version);

    // Under the lock.
    private bool IsKnown(VersionSlot slot) => _slots.GetValueOrDefault((slot.ModelName, slot.Version)) == slot;

    // Under the lock: from here on it takes its memory only until its requests have ended.
    private LoadedModel? TakeOut(VersionSlot slot)
    {
        if (slot.Loaded is not { } model)
        {
            return null;
        }

        slot.Loaded = null;
        _draining += model.MemoryBytes;
        model.Released = () =>
        {
            lock (_lock)
            {
                _draining -= model.MemoryBytes;
                Memory.Release(model.MemoryBytes);
            }
        };
        return model;
    }

    private void Retire(List<LoadedModel> models, string reason)
    {
        foreach (var model in models)
        {
            model.Retire();
            LogUnloaded(model.ModelName, model.Version, model.MemoryBytes, reason);
        }
    }

    private static InferenceException UnloadedMeanwhile(VersionSlot slot) =>
        new(InferenceErrorKind.Unavailable, $"Model '{slot.ModelName}' version {slot.Version} was unloaded while it was being loaded.");

    [LoggerMessage(LogLevel.Information, "Unloaded model {ModelName} version {Version} (about {Bytes} bytes): {Reason}")]
    private partial void LogUnloaded(string modelName, int version, long bytes, string reason);
}
