using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Modeling;
using Grpc.Core;
using Registry = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry;

namespace CloudNativeAi.Inference.Models;

/// <summary>Asks the registry for versions and their files.</summary>
internal sealed class RegistryClient(Registry.ModelRegistryClient client)
{
    /// <exception cref="InferenceException">There is no such version, or the registry is not reachable.</exception>
    public async Task<ModelVersion> GetVersionAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetModelVersionAsync(new GetModelVersionRequest { ModelName = modelName, Version = version }, cancellationToken: cancellationToken);
        }
        catch (RpcException exception)
        {
            throw Translate(exception, modelName, version, cancellationToken);
        }
    }

    /// <summary>Writes one file and checks it against what was announced.</summary>
    public async Task DownloadAsync(ModelVersion version, ArtifactFile file, string target, CancellationToken cancellationToken)
    {
        try
        {
            using var call = client.ReadArtifact(
                new ReadArtifactRequest { ModelName = version.ModelName, Version = version.Version, Path = file.Path }, cancellationToken: cancellationToken);
            using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
            await using var stream = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await foreach (var chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                if (stream.Position + chunk.Data.Length > file.Size)
                {
                    throw Corrupt(version, file, "is longer than announced");
                }

                await stream.WriteAsync(chunk.Data.Memory, cancellationToken);
                hash.AppendData(chunk.Data.Span);
            }

            if (stream.Position != file.Size || Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
            {
                throw Corrupt(version, file, "is not what was announced");
            }

            stream.Flush(flushToDisk: true);
        }
        catch (RpcException exception)
        {
            throw Translate(exception, version.ModelName, version.Version, cancellationToken);
        }
    }

    /// <summary>Checks that the announced files are those of the digest, and that each may be written below a directory.</summary>
    public static void Check(ModelVersion version, long maxBytes)
    {
        if (ModelFiles.Digest(version.Files.Select(file => (file.Path, file.Sha256))) != version.Digest)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The files of model '{version.ModelName}' version {version.Version} do not have its digest {version.Digest}.");
        }

        var bytes = version.Files.Sum(file => file.Size);
        if (bytes > maxBytes)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"Model '{version.ModelName}' version {version.Version} has {bytes} bytes; Models:MaxVersionBytes is {maxBytes}.");
        }

        foreach (var file in version.Files)
        {
            var segments = file.Path.Split('/');
            if (segments.Any(segment => segment is "" or "." or ".." || segment.Any(character => character is '\\' or ':' || char.IsControl(character))))
            {
                throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"Model '{version.ModelName}' version {version.Version} has a file outside of its directory.");
            }
        }
    }

    private static InferenceException Corrupt(ModelVersion version, ArtifactFile file, string how) =>
        new(InferenceErrorKind.Unavailable, $"'{file.Path}' of model '{version.ModelName}' version {version.Version} {how}.");

    private static Exception Translate(RpcException exception, string modelName, int version, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(cancellationToken);
        }

        return exception.StatusCode == StatusCode.NotFound
            ? new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{modelName}' version {version} is not found", exception)
            : new InferenceException(InferenceErrorKind.Unavailable, $"Model '{modelName}' version {version} cannot be fetched from the registry: {exception.Status.Detail}", exception);
    }
}
