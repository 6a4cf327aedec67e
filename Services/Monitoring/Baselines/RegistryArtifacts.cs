using CloudNativeAi.Contracts.ModelRegistry;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>Files of a model version, read from the registry.</summary>
internal sealed class RegistryArtifacts(ModelRegistry.ModelRegistryClient registry, TimeProvider timeProvider)
{
    private const int MaxBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Null when the version, or the file in it, does not exist.</summary>
    /// <exception cref="InvalidDataException">The file is larger than such a file can be.</exception>
    public async Task<byte[]?> ReadAsync(ModelVersionKey version, string path, CancellationToken cancellationToken)
    {
        var request = new ReadArtifactRequest { ModelName = version.ModelName, Version = version.Version, Path = path };
        var deadline = timeProvider.GetUtcNow().UtcDateTime + Deadline;
        using var call = registry.ReadArtifact(request, deadline: deadline, cancellationToken: cancellationToken);
        using var content = new MemoryStream();
        try
        {
            await foreach (var chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                if (content.Length + chunk.Data.Length > MaxBytes)
                {
                    throw new InvalidDataException($"'{path}' has more than {MaxBytes} bytes.");
                }

                chunk.Data.WriteTo(content);
            }
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return null;
        }

        return content.ToArray();
    }
}
