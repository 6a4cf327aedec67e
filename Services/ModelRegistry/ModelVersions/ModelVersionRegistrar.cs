using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.Artifacts;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

/// <summary>Takes a version from its header and chunks to the registry, or says what is wrong with it.</summary>
internal sealed partial class ModelVersionRegistrar(
    ArtifactStore artifacts,
    ModelVersionStore versions,
    ModelVersionHeaderValidator validator,
    IOptions<ArtifactOptions> options,
    ILogger<ModelVersionRegistrar> logger) : IDisposable
{
    private readonly SemaphoreSlim _uploads = new(options.Value.MaxConcurrentUploads);

    /// <summary>A place for one upload, or null when all are taken. Dispose gives it back.</summary>
    public IDisposable? TryBegin() => _uploads.Wait(0, CancellationToken.None) ? new Place(_uploads) : null;

    public string? Check(ModelVersionHeader header) => validator.Check(header);

    public async Task<(ModelVersion? Version, string? Problem)> RegisterAsync(
        ModelVersionHeader header, IAsyncEnumerable<ReadOnlyMemory<byte>> chunks, CancellationToken cancellationToken)
    {
        using var upload = new ArtifactUpload(artifacts, header.Files);
        await foreach (var chunk in chunks.WithCancellation(cancellationToken))
        {
            if (await upload.WriteAsync(chunk, cancellationToken) is { } problem)
            {
                return (null, problem);
            }
        }

        if (await upload.CompleteAsync(cancellationToken) is { } missing)
        {
            return (null, missing);
        }

        var (version, created) = await versions.RegisterAsync(header, upload, cancellationToken);
        if (created)
        {
            LogRegistered(version.ModelName, version.Version, version.Digest);
        }

        return (version, null);
    }

    public void Dispose() => _uploads.Dispose();

    [LoggerMessage(LogLevel.Information, "Registered model {ModelName} version {Version} ({Digest})")]
    private partial void LogRegistered(string modelName, int version, string digest);

    private sealed class Place(SemaphoreSlim uploads) : IDisposable
    {
        public void Dispose() => uploads.Release();
    }
}
