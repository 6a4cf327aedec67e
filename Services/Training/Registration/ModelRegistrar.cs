using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Jobs;
using Google.Protobuf;
using Grpc.Core;
using RegistryClient = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry.ModelRegistryClient;

namespace CloudNativeAi.Training.Registration;

/// <summary>Hands versions to the registry, and reads them back.</summary>
internal sealed class ModelRegistrar(RegistryClient registry)
{
    private const int ChunkBytes = 1024 * 1024;
    private const long MaxFileBytes = 2_000_000_000;

    /// <summary>Content that is registered already gives the version that has it, so a repeated job makes no second one.</summary>
    public async Task<ModelVersion> RegisterAsync(
        JobContext context, IReadOnlyDictionary<string, byte[]> files, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        var header = CreateHeader(context, files, tags);
        using var call = registry.RegisterModelVersion(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(new RegisterModelVersionRequest { Header = header }, cancellationToken);
        foreach (var file in header.Files)
        {
            var content = files[file.Path].AsMemory();
            for (var start = 0; start < content.Length; start += ChunkBytes)
            {
                var chunk = UnsafeByteOperations.UnsafeWrap(content.Slice(start, Math.Min(ChunkBytes, content.Length - start)));
                await call.RequestStream.WriteAsync(new RegisterModelVersionRequest { Chunk = chunk }, cancellationToken);
            }
        }

        await call.RequestStream.CompleteAsync();
        return await call.ResponseAsync;
    }

    /// <summary>Null when there is none.</summary>
    public Task<ModelVersion?> FindAsync(string modelName, int version, CancellationToken cancellationToken) =>
        FindAsync(new GetModelVersionRequest { ModelName = modelName, Version = version }, cancellationToken);

    /// <summary>Null when the model or the alias does not exist.</summary>
    public Task<ModelVersion?> FindAsync(string modelName, string alias, CancellationToken cancellationToken) =>
        FindAsync(new GetModelVersionRequest { ModelName = modelName, Alias = alias }, cancellationToken);

    /// <exception cref="JobFailedException">The version has no such file.</exception>
    public async Task<byte[]> ReadFileAsync(ModelVersion version, string path, CancellationToken cancellationToken)
    {
        var file = version.Files.FirstOrDefault(file => file.Path == path)
            ?? throw new JobFailedException($"Version {version.Version} of '{version.ModelName}' has no file '{path}'.");
        using var call = registry.ReadArtifact(
            new ReadArtifactRequest { ModelName = version.ModelName, Version = version.Version, Path = path }, cancellationToken: cancellationToken);
        using var content = new MemoryStream();
        await foreach (var chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            content.Write(chunk.Data.Span);
            if (content.Length > MaxFileBytes)
            {
                throw new JobFailedException($"The file '{path}' of version {version.Version} is larger than {MaxFileBytes} bytes.");
            }
        }

        var bytes = content.ToArray();
        return ModelFiles.Sha256(bytes) == file.Sha256
            ? bytes
            : throw new InvalidDataException($"The file '{path}' of version {version.Version} arrived with another digest.");
    }

    public async Task<AliasChange> SetAliasAsync(SetAliasRequest request, CancellationToken cancellationToken) =>
        await registry.SetAliasAsync(request, cancellationToken: cancellationToken);

    private async Task<ModelVersion?> FindAsync(GetModelVersionRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await registry.GetModelVersionAsync(request, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    private static ModelVersionHeader CreateHeader(JobContext context, IReadOnlyDictionary<string, byte[]> files, IReadOnlyDictionary<string, string> tags)
    {
        var spec = context.Job.Request.Train;
        var artifacts = files.Select(file => new ArtifactFile { Path = file.Key, Size = file.Value.Length, Sha256 = ModelFiles.Sha256(file.Value) }).ToList();
        var header = new ModelVersionHeader
        {
            ModelName = spec.ModelName,
            Digest = ModelFiles.Digest(artifacts.Select(file => (file.Path, file.Sha256))),
            Files = { artifacts },
            RunId = context.Result.RunId,
            Description = $"{(spec.Trainer.Length > 0 ? spec.Trainer : "lightgbm")} on {spec.FeatureService}, label {spec.Label}",
            Lineage =
            {
                ["training_set_digest"] = context.Result.TrainingSetDigest,
                ["feature_service"] = spec.FeatureService,
                ["label"] = spec.Label,
                ["job_id"] = context.Job.Id,
                ["requested_by"] = context.Job.Request.RequestedBy,
                ["reason"] = context.Job.Request.Reason,
                ["code_version"] = ModelLineage.CodeVersion,
            },
        };
        header.Tags.Add(tags.ToDictionary());
        header.Metrics.Add(context.Result.Metrics.Where(metric => double.IsFinite(metric.Value)).ToDictionary());
        return header;
    }
}
