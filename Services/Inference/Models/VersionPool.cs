using CloudNativeAi.Inference.Telemetry;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Every version in memory: those an alias points to, and a bounded number of others (asked for by number, or former
/// champions, to which a rollback is then instant), of which the least recently used goes first.
/// </summary>
internal sealed partial class VersionPool : IDisposable
{
    private const int ConcurrentLoads = 2;

    private readonly ModelCache _cache;
    private readonly ModelLoader _loader;
    private readonly IOptions<ModelOptions> _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<VersionPool> _logger;
    private readonly SemaphoreSlim _loads = new(ConcurrentLoads);
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, int Version), Entry> _entries = [];
    private readonly Dictionary<string, IReadOnlySet<int>> _aliased = new(StringComparer.Ordinal);

    public VersionPool(ModelCache cache, ModelLoader loader, IOptions<ModelOptions> options, InferenceMetrics metrics, TimeProvider timeProvider, ILogger<VersionPool> logger)
    {
        _cache = cache;
        _loader = loader;
        _options = options;
        _timeProvider = timeProvider;
        _logger = logger;
        metrics.ObserveLoadedVersions(() => Loaded.Count);
    }

    public IReadOnlyList<LoadedModel> Loaded
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.Values.Select(entry => entry.Model).OfType<LoadedModel>()];
            }
        }
    }

    /// <summary>The version when it is in memory.</summary>
    public LoadedModel? Find(string modelName, int version)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue((modelName, version), out var entry))
            {
                return null;
            }

            entry.LastUsed = _timeProvider.GetTimestamp();
            return entry.Model;
        }
    }

    /// <summary>The version, loaded now if it is not; everyone who asks meanwhile waits for the same load.</summary>
    public async Task<LoadedModel> GetAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue((modelName, version), out entry!))
            {
                entry = new Entry();
                _entries.Add((modelName, version), entry);
                entry.Loading = LoadAsync(modelName, version, entry);
            }

            entry.LastUsed = _timeProvider.GetTimestamp();
        }

        return await entry.Loading!.WaitAsync(cancellationToken);
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
        List<LoadedModel> unloaded = [];
        lock (_lock)
        {
            _aliased.Remove(modelName);
            foreach (var (key, entry) in _entries.Where(entry => entry.Key.Name == modelName).ToList())
            {
                _entries.Remove(key);
                if (entry.Model is { } model)
                {
                    unloaded.Add(model);
                }
            }
        }

        foreach (var model in unloaded)
        {
            model.Retire();
            LogUnloaded(model.ModelName, model.Version);
        }
    }

    public void Dispose()
    {
        _loads.Dispose();
        lock (_lock)
        {
            foreach (var entry in _entries.Values)
            {
                entry.Model?.Retire();
            }

            _entries.Clear();
        }
    }

    private async Task<LoadedModel> LoadAsync(string modelName, int version, Entry entry)
    {
        // The load belongs to nobody's request: whoever gives up waiting does not end it for the others.
        await Task.Yield();
        using var timeout = new CancellationTokenSource(_options.Value.LoadTimeout, _timeProvider);
        try
        {
            await _loads.WaitAsync(timeout.Token);
            try
            {
                var cached = await _cache.GetAsync(modelName, version, timeout.Token);
                var model = await OwnThread.RunAsync(() => _loader.Load(cached));
                bool isWanted;
                lock (_lock)
                {
                    entry.Model = model;
                    isWanted = _entries.GetValueOrDefault((modelName, version)) == entry;
                }

                if (!isWanted)
                {
                    model.Retire();
                    throw new InferenceException(InferenceErrorKind.Unavailable, $"Model '{modelName}' version {version} was unloaded while it was being loaded.");
                }

                Trim();
                return model;
            }
            finally
            {
                _loads.Release();
            }
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                if (_entries.GetValueOrDefault((modelName, version)) == entry)
                {
                    _entries.Remove((modelName, version));
                }
            }

            throw exception is OperationCanceledException
                ? new InferenceException(InferenceErrorKind.Unavailable, $"Loading model '{modelName}' version {version} took longer than {_options.Value.LoadTimeout}.")
                : exception;
        }
    }

    private void Trim()
    {
        List<LoadedModel> surplus = [];
        HashSet<string> digests;
        lock (_lock)
        {
            var unaliased = _entries
                .Where(entry => entry.Value.Model is not null && !(_aliased.TryGetValue(entry.Key.Name, out var versions) && versions.Contains(entry.Key.Version)))
                .OrderByDescending(entry => entry.Value.LastUsed)
                .Skip(_options.Value.MaxUnaliasedVersions)
                .ToList();
            foreach (var (key, entry) in unaliased)
            {
                _entries.Remove(key);
                surplus.Add(entry.Model!);
            }

            digests = [.. _entries.Values.Select(entry => entry.Model?.Digest).OfType<string>()];
        }

        foreach (var model in surplus)
        {
            model.Retire();
            LogUnloaded(model.ModelName, model.Version);
        }

        _cache.Trim(digests);
    }

    [LoggerMessage(LogLevel.Information, "Unloaded model {ModelName} version {Version}")]
    private partial void LogUnloaded(string modelName, int version);

    private sealed class Entry
    {
        public Task<LoadedModel>? Loading { get; set; }

        public LoadedModel? Model { get; set; }

        public long LastUsed { get; set; }
    }
}
