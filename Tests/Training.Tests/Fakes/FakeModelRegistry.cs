using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Modeling;
using Google.Protobuf;
using Grpc.Core;

namespace CloudNativeAi.Training.Tests.Fakes;

/// <summary>Keeps versions, aliases and runs in memory, by the rules of the contract.</summary>
internal sealed class FakeModelRegistry
{
    public List<(ModelVersion Version, Dictionary<string, byte[]> Files)> Versions { get; } = [];

    public List<AliasChange> AliasChanges { get; } = [];

    public Dictionary<string, Run> Runs { get; } = new(StringComparer.Ordinal);

    public List<Metric> Metrics { get; } = [];

    /// <summary>Calls that are answered UNAVAILABLE after the version is registered.</summary>
    public int LostAnswers { get; set; }

    public int? Champion { get; private set; }

    public ModelVersion Register(ModelVersionHeader header, Dictionary<string, byte[]> files)
    {
        foreach (var file in header.Files)
        {
            Require(files[file.Path].Length == file.Size && ModelFiles.Sha256(files[file.Path]) == file.Sha256, $"'{file.Path}' is not what was announced.");
        }

        Require(ModelFiles.Digest(header.Files.Select(file => (file.Path, file.Sha256))) == header.Digest, "The digest is wrong.");
        var version = Versions.Find(known => known.Version.Digest == header.Digest).Version;
        if (version is null)
        {
            version = new ModelVersion
            {
                ModelName = header.ModelName, Version = Versions.Count + 1, Digest = header.Digest, Files = { header.Files }, RunId = header.RunId,
                Tags = { header.Tags }, Metrics = { header.Metrics }, Lineage = { header.Lineage },
            };
            Versions.Add((version, files));
        }

        if (LostAnswers > 0)
        {
            LostAnswers--;
            throw new RpcException(new Status(StatusCode.Internal, "The answer got lost."));
        }

        return version;
    }

    public ModelVersion Find(GetModelVersionRequest request)
    {
        var number = request.WhichCase == GetModelVersionRequest.WhichOneofCase.Alias ? Champion ?? 0 : request.Version;
        return Versions.Find(version => version.Version.ModelName == request.ModelName && version.Version.Version == number).Version
            ?? throw new RpcException(new Status(StatusCode.NotFound, "There is no such version."));
    }

    public AliasChange SetAlias(SetAliasRequest request)
    {
        if (request.HasExpectedVersion && request.ExpectedVersion != (Champion ?? 0))
        {
            throw new RpcException(new Status(StatusCode.Aborted, "The alias points elsewhere."));
        }

        Require(request.Reason.Length > 0, "A reason is required.");
        var change = new AliasChange { Alias = request.Alias, FromVersion = Champion ?? 0, ToVersion = request.Version, Reason = request.Reason, Actor = request.Actor };
        Champion = request.Version;
        AliasChanges.Add(change);
        return change;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, message));
        }
    }
}

internal sealed class FakeModelRegistryGrpc(FakeModelRegistry registry) : Contracts.ModelRegistry.ModelRegistry.ModelRegistryBase
{
    public override async Task<ModelVersion> RegisterModelVersion(IAsyncStreamReader<RegisterModelVersionRequest> requestStream, ServerCallContext context)
    {
        await requestStream.MoveNext(context.CancellationToken);
        var header = requestStream.Current.Header;
        using var content = new MemoryStream();
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            content.Write(requestStream.Current.Chunk.Span);
        }

        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var bytes = content.ToArray().AsSpan();
        foreach (var file in header.Files)
        {
            files[file.Path] = bytes[..(int)file.Size].ToArray();
            bytes = bytes[(int)file.Size..];
        }

        return registry.Register(header, files);
    }

    public override Task<ModelVersion> GetModelVersion(GetModelVersionRequest request, ServerCallContext context) => Task.FromResult(registry.Find(request));

    public override async Task ReadArtifact(ReadArtifactRequest request, IServerStreamWriter<ArtifactChunk> responseStream, ServerCallContext context)
    {
        var bytes = registry.Versions[request.Version - 1].Files[request.Path];
        foreach (var chunk in bytes.Chunk(7_000))
        {
            await responseStream.WriteAsync(new ArtifactChunk { Data = ByteString.CopyFrom(chunk) });
        }
    }

    public override Task<AliasChange> SetAlias(SetAliasRequest request, ServerCallContext context) => Task.FromResult(registry.SetAlias(request));
}

internal sealed class FakeExperimentsGrpc(FakeModelRegistry registry) : Experiments.ExperimentsBase
{
    public override Task<Run> CreateRun(CreateRunRequest request, ServerCallContext context)
    {
        var id = $"run-{request.IdempotencyKey}";
        if (!registry.Runs.TryGetValue(id, out var run))
        {
            registry.Runs[id] = run = new Run { RunId = id, Experiment = request.Experiment, Status = RunStatus.Running, Parameters = { request.Parameters }, Tags = { request.Tags } };
        }

        return Task.FromResult(run);
    }

    public override Task<LogRunResponse> LogRun(LogRunRequest request, ServerCallContext context)
    {
        registry.Metrics.AddRange(request.Metrics);
        return Task.FromResult(new LogRunResponse());
    }

    public override Task<Run> FinishRun(FinishRunRequest request, ServerCallContext context)
    {
        registry.Runs[request.RunId].Status = request.Status;
        return Task.FromResult(registry.Runs[request.RunId]);
    }
}
