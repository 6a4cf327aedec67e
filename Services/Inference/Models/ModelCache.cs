using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Modeling;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Versions on this machine's disk, each in a directory named by its digest, complete or absent (written aside, renamed).
/// The manifest beside them says what was served last, so that serving goes on across a restart without the registry.
/// </summary>
internal sealed partial class ModelCache
{
    private const string ManifestName = "manifest.json";

    private readonly RegistryClient _registry;
    private readonly IOptions<ModelOptions> _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<ModelCache> _logger;
    private readonly string _root;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, int Version), ManifestVersion> _versions = [];
    private readonly Dictionary<string, ManifestModel> _models = new(StringComparer.Ordinal);

    public ModelCache(IConfiguration configuration, RegistryClient registry, IOptions<ModelOptions> options, TimeProvider timeProvider, ILogger<ModelCache> logger)
    {
        _registry = registry;
        _options = options;
        _timeProvider = timeProvider;
        _logger = logger;
        _root = Path.Combine(DataDirectory.Of(configuration), "models");
        Directory.CreateDirectory(_root);
        foreach (var unfinished in Directory.EnumerateDirectories(_root, ".incoming-*"))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        ReadManifest();
    }

    /// <summary>What was served when the manifest was written last.</summary>
    public IReadOnlyList<ManifestModel> LastServed
    {
        get
        {
            lock (_lock)
            {
                return [.. _models.Values];
            }
        }
    }

    /// <summary>The version's files on disk, verified; fetched from the registry when they are not there.</summary>
    /// <exception cref="InferenceException">There is no such version, or it cannot be fetched.</exception>
    public async Task<CachedVersion> GetAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        ManifestVersion? known;
        lock (_lock)
        {
            known = _versions.GetValueOrDefault((modelName, version));
        }

        if (known is not null && Directory.Exists(DirectoryOf(known.Digest)))
        {
            if (await IsIntactAsync(known, cancellationToken))
            {
                Remember(known with { LastUsedMicros = _timeProvider.UnixMicroseconds() });
                return new CachedVersion(modelName, version, known.Digest, DirectoryOf(known.Digest), known.Files.Sum(file => file.Size));
            }

            LogDamaged(modelName, version, known.Digest);
            Directory.Delete(DirectoryOf(known.Digest), recursive: true);
        }

        var announced = await _registry.GetVersionAsync(modelName, version, cancellationToken);
        return await DownloadAsync(announced, cancellationToken);
    }

    /// <summary>Notes what a model serves now; a restart without the registry begins with it.</summary>
    /// <param name="pending">Aliases whose version could not be loaded: what they were before stays noted.</param>
    public void SaveServed(ManifestModel model, IEnumerable<string> pending)
    {
        lock (_lock)
        {
            var before = _models.GetValueOrDefault(model.Name);
            var aliases = new Dictionary<string, int>(model.Aliases);
            foreach (var alias in pending)
            {
                if (before?.Aliases.TryGetValue(alias, out var version) is true)
                {
                    aliases.TryAdd(alias, version);
                }
            }

            _models[model.Name] = model with { Aliases = aliases };
            WriteManifest();
        }
    }

    /// <summary>Deletes the least recently used versions beyond the limit; those in use stay.</summary>
    public void Trim(IReadOnlySet<string> digestsInUse)
    {
        lock (_lock)
        {
            var inUse = new HashSet<string>(digestsInUse, StringComparer.Ordinal);
            foreach (var model in _models.Values)
            {
                inUse.UnionWith(model.Aliases.Values.Select(version => _versions.GetValueOrDefault((model.Name, version))?.Digest).OfType<string>());
            }

            var surplus = _versions.Values.GroupBy(version => version.Digest)
                .Where(group => !inUse.Contains(group.Key))
                .OrderByDescending(group => group.Max(version => version.LastUsedMicros))
                .Skip(_options.Value.MaxCachedVersions)
                .ToList();
            foreach (var group in surplus)
            {
                foreach (var version in group)
                {
                    _versions.Remove((version.ModelName, version.Version));
                }

                if (Directory.Exists(DirectoryOf(group.Key)))
                {
                    Directory.Delete(DirectoryOf(group.Key), recursive: true);
                }
            }

            if (surplus.Count > 0)
            {
                WriteManifest();
            }
        }
    }

    private async Task<CachedVersion> DownloadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        RegistryClient.Check(version, _options.Value.MaxVersionBytes);
        var target = DirectoryOf(version.Digest);
        if (!Directory.Exists(target))
        {
            var incoming = Path.Combine(_root, $".incoming-{Guid.NewGuid():N}");
            try
            {
                foreach (var file in version.Files)
                {
                    var path = Path.Combine(incoming, file.Path);
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    await _registry.DownloadAsync(version, file, path, cancellationToken);
                }

                Directory.Move(incoming, target);
            }
            catch (IOException) when (Directory.Exists(target))
            {
                // Another model has the same content and was faster.
                Directory.Delete(incoming, recursive: true);
            }
            catch
            {
                if (Directory.Exists(incoming))
                {
                    Directory.Delete(incoming, recursive: true);
                }

                throw;
            }
        }

        Remember(new ManifestVersion(
            version.ModelName, version.Version, version.Digest,
            [.. version.Files.Select(file => new ManifestFile(file.Path, file.Size, file.Sha256))], _timeProvider.UnixMicroseconds()));
        LogFetched(version.ModelName, version.Version, version.Digest, version.Files.Sum(file => file.Size));
        return new CachedVersion(version.ModelName, version.Version, version.Digest, target, version.Files.Sum(file => file.Size));
    }

    private async Task<bool> IsIntactAsync(ManifestVersion version, CancellationToken cancellationToken)
    {
        foreach (var file in version.Files)
        {
            var path = Path.Combine(DirectoryOf(version.Digest), file.Path);
            if (!File.Exists(path) || new FileInfo(path).Length != file.Size)
            {
                return false;
            }

            await using var stream = File.OpenRead(path);
            var actual = await System.Security.Cryptography.SHA256.HashDataAsync(stream, cancellationToken);
            if (Convert.ToHexStringLower(actual) != file.Sha256)
            {
                return false;
            }
        }

        return ModelFiles.Digest(version.Files.Select(file => (file.Path, file.Sha256))) == version.Digest;
    }

    private void Remember(ManifestVersion version)
    {
        lock (_lock)
        {
            _versions[(version.ModelName, version.Version)] = version;
            WriteManifest();
        }
    }

    private string DirectoryOf(string digest) => Path.Combine(_root, digest);

    private void ReadManifest()
    {
        var path = Path.Combine(_root, ManifestName);
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            var manifest = CacheManifest.Read(File.ReadAllBytes(path));
            foreach (var version in manifest.Versions)
            {
                _versions[(version.ModelName, version.Version)] = version;
            }

            foreach (var model in manifest.Models)
            {
                _models[model.Name] = model;
            }
        }
        catch (JsonException exception)
        {
            // Everything in it can be asked of the registry again.
            LogManifestUnreadable(exception);
        }
    }

    private void WriteManifest()
    {
        var path = Path.Combine(_root, ManifestName);
        using (var stream = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            stream.Write(CacheManifest.Write(new CacheManifest([.. _versions.Values], [.. _models.Values])));
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    [LoggerMessage(LogLevel.Information, "Fetched model {ModelName} version {Version} ({Digest}, {Bytes} bytes)")]
    private partial void LogFetched(string modelName, int version, string digest, long bytes);

    [LoggerMessage(LogLevel.Warning, "The cached files of model {ModelName} version {Version} ({Digest}) are damaged and are fetched again")]
    private partial void LogDamaged(string modelName, int version, string digest);

    [LoggerMessage(LogLevel.Warning, "The cache's manifest cannot be read and is written anew")]
    private partial void LogManifestUnreadable(Exception exception);
}
