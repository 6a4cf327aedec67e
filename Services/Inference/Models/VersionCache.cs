using System.Security.Cryptography;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Modeling;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Files of model versions on disk, one folder per digest: complete and verified, or not there.</summary>
internal sealed partial class VersionCache
{
    private readonly ModelRegistry.ModelRegistryClient _registry;
    private readonly ModelOptions _options;
    private readonly ILogger<VersionCache> _logger;
    private readonly string _directory;

    public VersionCache(ModelRegistry.ModelRegistryClient registry, IOptions<ModelOptions> options, IConfiguration configuration, ILogger<VersionCache> logger)
    {
        _registry = registry;
        _options = options.Value;
        _logger = logger;
        _directory = Directory.CreateDirectory(Path.Combine(configuration["Data:Directory"] ?? Path.Combine("data", "inference"), "models")).FullName;
        foreach (var part in Directory.GetDirectories(_directory, "*.part"))
        {
            Directory.Delete(part, recursive: true);
        }
    }

    /// <summary>The folder of a digest that is on disk; null when it is not.</summary>
    public string? Find(string digest)
    {
        var path = Path.Combine(_directory, digest);
        return Directory.Exists(path) ? path : null;
    }

    /// <summary>Downloads what is missing, checks every file and the digest of the whole, and moves it into place.</summary>
    public async Task<string> FetchAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        if (Find(version.Digest) is { } cached)
        {
            return cached;
        }

        var size = version.Files.Sum(file => file.Size);
        if (size > _options.MaxVersionBytes)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"{version.ModelName} version {version.Version} has {size} bytes; at most {_options.MaxVersionBytes} are downloaded.");
        }

        var part = Path.Combine(_directory, $"{Guid.NewGuid():N}.part");
        Directory.CreateDirectory(part);
        try
        {
            var digests = new List<(string, string)>(version.Files.Count);
            foreach (var file in version.Files)
            {
                digests.Add((file.Path, await DownloadAsync(version, file, part, cancellationToken)));
            }

            if (ModelFiles.Digest(digests) != version.Digest)
            {
                throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The files of {version.ModelName} version {version.Version} do not have the digest {version.Digest}.");
            }

            Directory.Move(part, Path.Combine(_directory, version.Digest));
        }
        finally
        {
            if (Directory.Exists(part))
            {
                Directory.Delete(part, recursive: true);
            }
        }

        LogFetched(version.ModelName, version.Version, size);
        return Path.Combine(_directory, version.Digest);
    }

    /// <summary>Deletes the oldest folders beyond the limit that are not in use.</summary>
    public void Trim(IReadOnlySet<string> digestsInUse)
    {
        var spare = Directory.GetDirectories(_directory)
            .Where(path => !path.EndsWith(".part", StringComparison.Ordinal) && !digestsInUse.Contains(Path.GetFileName(path)))
            .OrderByDescending(Directory.GetLastWriteTimeUtc)
            .Skip(_options.MaxCachedVersions);
        foreach (var path in spare)
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private async Task<string> DownloadAsync(ModelVersion version, ArtifactFile file, string directory, CancellationToken cancellationToken)
    {
        var target = Path.GetFullPath(Path.Combine(directory, file.Path));
        if (!target.StartsWith(directory + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The file path '{file.Path}' leaves the version's folder.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var stream = File.Create(target);
        using var call = _registry.ReadArtifact(
            new ReadArtifactRequest { ModelName = version.ModelName, Version = version.Version, Path = file.Path }, cancellationToken: cancellationToken);
        await foreach (var chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            hash.AppendData(chunk.Data.Span);
            await stream.WriteAsync(chunk.Data.Memory, cancellationToken);
            if (stream.Length > file.Size)
            {
                break;
            }
        }

        var sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        return stream.Length == file.Size && sha256 == file.Sha256
            ? sha256
            : throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"'{file.Path}' of {version.ModelName} version {version.Version} arrived with another size or digest than the registry announced.");
    }

    [LoggerMessage(LogLevel.Information, "Fetched {Model} version {Version}, {Bytes} bytes")]
    private partial void LogFetched(string model, int version, long bytes);
}
