using System.Runtime.CompilerServices;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.Aliases;
using CloudNativeAi.ModelRegistry.Artifacts;
using CloudNativeAi.ModelRegistry.Watching;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Registry = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

internal sealed class ModelRegistryGrpcService(
    ModelVersionRegistrar registrar,
    ModelVersionStore versions,
    ArtifactStore artifacts,
    AliasStore aliases,
    ParityGate parity,
    TrafficPolicies traffic,
    ModelStateReader states,
    ModelStateFeed feed,
    IOptions<ArtifactOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider timeProvider) : Registry.ModelRegistryBase
{
    private const int ChunkBytes = 256 * 1024;
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1_000;

    public override async Task<ModelVersion> RegisterModelVersion(IAsyncStreamReader<RegisterModelVersionRequest> requestStream, ServerCallContext context)
    {
        using var timeout = new CancellationTokenSource(options.Value.UploadTimeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.CancellationToken);
        try
        {
            return await RegisterAsync(requestStream, either.Token);
        }
        catch (Exception exception) when (timeout.IsCancellationRequested && exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"The upload took longer than {options.Value.UploadTimeout}; nothing was registered."));
        }
    }

    public override async Task<ModelVersion> GetModelVersion(GetModelVersionRequest request, ServerCallContext context)
    {
        ThrowIfWrong(Names.CheckModel(request.ModelName));
        switch (request.WhichCase)
        {
            case GetModelVersionRequest.WhichOneofCase.Version:
                return await versions.FindAsync(request.ModelName, request.Version, context.CancellationToken)
                    ?? throw NotFound($"Model '{request.ModelName}' has no version {request.Version}.");
            case GetModelVersionRequest.WhichOneofCase.Alias:
                ThrowIfWrong(Names.CheckAlias(request.Alias));
                return await versions.FindAsync(request.ModelName, request.Alias, context.CancellationToken)
                    ?? throw NotFound($"Model '{request.ModelName}' has no alias '{request.Alias}'.");
            default:
                throw Invalid("Either version or alias is required.");
        }
    }

    public override async Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var response = new ListModelsResponse();
        response.Models.Add(await states.ReadAllAsync(context.CancellationToken));
        return response;
    }

    public override async Task<ListModelVersionsResponse> ListModelVersions(ListModelVersionsRequest request, ServerCallContext context)
    {
        ThrowIfWrong(Names.CheckModel(request.ModelName));
        var before = request.BeforeVersion == 0 ? int.MaxValue : request.BeforeVersion;
        var page = await versions.ListAsync(request.ModelName, before, PageSize(request.PageSize), context.CancellationToken)
            ?? throw NotFound($"There is no model '{request.ModelName}'.");
        var response = new ListModelVersionsResponse();
        response.Versions.Add(page);
        return response;
    }

    public override async Task ReadArtifact(ReadArtifactRequest request, IServerStreamWriter<ArtifactChunk> responseStream, ServerCallContext context)
    {
        ThrowIfWrong(Names.CheckModel(request.ModelName));
        var version = await versions.FindAsync(request.ModelName, request.Version, context.CancellationToken)
            ?? throw NotFound($"Model '{request.ModelName}' has no version {request.Version}.");
        var file = version.Files.FirstOrDefault(file => file.Path == request.Path)
            ?? throw NotFound($"Model '{request.ModelName}' version {request.Version} has no file of that path.");
        await using var content = artifacts.OpenRead(file.Sha256)
            ?? throw new RpcException(new Status(StatusCode.DataLoss, $"The content {file.Sha256} of '{file.Path}' is missing from the artifact store."));

        while (true)
        {
            // A buffer per chunk: the writer may still refer to the last one.
            var buffer = new byte[ChunkBytes];
            var read = await content.ReadAtLeastAsync(buffer, ChunkBytes, throwOnEndOfStream: false, context.CancellationToken);
            if (read == 0)
            {
                return;
            }

            await responseStream.WriteAsync(new ArtifactChunk { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) }, context.CancellationToken);
        }
    }

    public override async Task<AliasChange> SetAlias(SetAliasRequest request, ServerCallContext context)
    {
        ThrowIfWrong(
            Names.CheckModel(request.ModelName) ?? Names.CheckAlias(request.Alias) ?? Names.CheckReason(request.Reason, request.Actor)
            ?? Names.CheckOverride(request.ParityOverride));
        var move = new AliasMove(
            request.ModelName, request.Alias, request.Version, request.HasExpectedVersion ? request.ExpectedVersion : null, request.Reason, request.Actor,
            request.ParityOverride);
        if (await parity.FindObjectionAsync(move, context.CancellationToken) is { } objection)
        {
            throw new RpcException(new Status(objection.IsKnown ? StatusCode.FailedPrecondition : StatusCode.Unavailable, objection.Message));
        }

        return Decode(await aliases.MoveAsync(move, context.CancellationToken), move);
    }

    public override async Task<AliasChange> DeleteAlias(DeleteAliasRequest request, ServerCallContext context)
    {
        ThrowIfWrong(Names.CheckModel(request.ModelName) ?? Names.CheckAlias(request.Alias) ?? Names.CheckReason(request.Reason, request.Actor));
        var move = new AliasMove(request.ModelName, request.Alias, AliasMove.NoVersion, null, request.Reason, request.Actor);
        return Decode(await aliases.MoveAsync(move, context.CancellationToken), move);
    }

    public override async Task<ListAliasHistoryResponse> ListAliasHistory(ListAliasHistoryRequest request, ServerCallContext context)
    {
        ThrowIfWrong(Names.CheckModel(request.ModelName));
        var before = request.BeforeId == 0 ? long.MaxValue : request.BeforeId;
        var response = new ListAliasHistoryResponse();
        response.Changes.Add(await aliases.ListHistoryAsync(request.ModelName, before, PageSize(request.PageSize), context.CancellationToken));
        return response;
    }

    public override async Task<ModelState> SetTrafficPolicy(SetTrafficPolicyRequest request, ServerCallContext context)
    {
        ThrowIfWrong(Names.CheckModel(request.ModelName) ?? Names.CheckReason(request.Reason, request.Actor) ?? TrafficPolicies.Check(request.Traffic));
        return await traffic.SetAsync(request.ModelName, request.Traffic, request.Reason, request.Actor, context.CancellationToken)
            ?? throw NotFound($"There is no model '{request.ModelName}'.");
    }

    public override async Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelState> responseStream, ServerCallContext context)
    {
        if (request.ModelName.Length > 0)
        {
            ThrowIfWrong(Names.CheckModel(request.ModelName));
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        // A watcher of an empty registry knows by the headers that it is connected.
        await context.WriteResponseHeadersAsync([]);
        try
        {
            await foreach (var state in feed.WatchAsync(request.ModelName, ended.Token))
            {
                await responseStream.WriteAsync(state, ended.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The registry is shutting down; watch again."));
        }
    }

    private async Task<ModelVersion> RegisterAsync(IAsyncStreamReader<RegisterModelVersionRequest> requestStream, CancellationToken cancellationToken)
    {
        using var place = registrar.TryBegin()
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, $"{options.Value.MaxConcurrentUploads} uploads are running; try again later."));

        if (!await requestStream.MoveNext(cancellationToken) || requestStream.Current.PartCase != RegisterModelVersionRequest.PartOneofCase.Header)
        {
            throw Invalid("The first message must be the header.");
        }

        var header = requestStream.Current.Header;
        ThrowIfWrong(registrar.Check(header));

        var (version, problem) = await registrar.RegisterAsync(header, ReadChunksAsync(requestStream, cancellationToken), cancellationToken);
        ThrowIfWrong(problem);
        return version!;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadChunksAsync(
        IAsyncStreamReader<RegisterModelVersionRequest> requestStream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await requestStream.MoveNext(cancellationToken))
        {
            if (requestStream.Current.PartCase != RegisterModelVersionRequest.PartOneofCase.Chunk)
            {
                throw Invalid("Every message after the header must be a chunk.");
            }

            yield return requestStream.Current.Chunk.Memory;
        }
    }

    private static AliasChange Decode((AliasOutcome Outcome, AliasChange? Change, int Current) result, AliasMove move) => result.Outcome switch
    {
        AliasOutcome.Moved => result.Change!,
        AliasOutcome.UnknownModel => throw NotFound($"There is no model '{move.ModelName}'."),
        AliasOutcome.UnknownVersion => throw NotFound($"Model '{move.ModelName}' has no version {move.Version}."),
        AliasOutcome.UnknownAlias => throw NotFound($"Model '{move.ModelName}' has no alias '{move.Alias}'."),
        _ => throw new RpcException(new Status(StatusCode.Aborted, AliasStore.DescribeConflict(move, result.Current))),
    };

    private static int PageSize(int requested) => requested switch
    {
        0 => DefaultPageSize,
        < 0 or > MaxPageSize => throw Invalid($"The page size is {requested}; 1 to {MaxPageSize} are allowed, 0 means {DefaultPageSize}."),
        _ => requested,
    };

    private static void ThrowIfWrong(string? problem)
    {
        if (problem is not null)
        {
            throw Invalid(problem);
        }
    }

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));

    private static RpcException NotFound(string detail) => new(new Status(StatusCode.NotFound, detail));
}
