using System.Collections.Concurrent;
using System.Threading.Channels;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Modeling;
using Google.Protobuf;
using Grpc.Core;
using Registry = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>The part of ModelRegistry's contract that Inference calls, in memory.</summary>
internal sealed class FakeRegistry : Registry.ModelRegistryBase
{
    private readonly ConcurrentDictionary<(string Model, int Version), (ModelVersion Version, Dictionary<string, byte[]> Files)> _versions = new();
    private readonly ConcurrentDictionary<string, ModelState> _states = new();
    private readonly ConcurrentDictionary<Channel<ModelState>, bool> _watchers = new();

    public bool IsDown { get; set; }

    /// <summary>Changes bytes on their way out.</summary>
    public Func<string, byte[], byte[]> Tamper { get; set; } = (_, content) => content;

    public int Downloads;

    public int Add(string model, params (string Path, byte[] Content)[] files)
    {
        var state = _states.GetValueOrDefault(model)?.Clone() ?? new ModelState { ModelName = model, Traffic = new TrafficPolicy() };
        state.LatestVersion++;
        state.VersionCount++;
        state.Revision++;
        var version = new ModelVersion { ModelName = model, Version = state.LatestVersion };
        version.Files.Add(files.Select(file => new ArtifactFile { Path = file.Path, Size = file.Content.Length, Sha256 = ModelFiles.Sha256(file.Content) }));
        version.Digest = ModelFiles.Digest(version.Files.Select(file => (file.Path, file.Sha256)));
        _versions[(model, version.Version)] = (version, files.ToDictionary(file => file.Path, file => file.Content));
        Publish(state);
        return version.Version;
    }

    public void SetAlias(string model, string alias, int version) => Change(model, state => state.Aliases[alias] = version);

    public void DeleteAlias(string model, string alias) => Change(model, state => state.Aliases.Remove(alias));

    public void SetTraffic(string model, double challengerShare, bool shadow) =>
        Change(model, state => state.Traffic = new TrafficPolicy { ChallengerShare = challengerShare, ShadowChallenger = shadow });

    public override Task<ModelVersion> GetModelVersion(GetModelVersionRequest request, ServerCallContext context)
    {
        ThrowIfDown();
        return _versions.TryGetValue((request.ModelName, request.Version), out var found)
            ? Task.FromResult(found.Version)
            : throw new RpcException(new Status(StatusCode.NotFound, "There is no such version."));
    }

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        ThrowIfDown();
        var response = new ListModelsResponse();
        response.Models.Add(_states.Values);
        return Task.FromResult(response);
    }

    public override async Task ReadArtifact(ReadArtifactRequest request, IServerStreamWriter<ArtifactChunk> responseStream, ServerCallContext context)
    {
        ThrowIfDown();
        Interlocked.Increment(ref Downloads);
        var content = Tamper(request.Path, _versions[(request.ModelName, request.Version)].Files[request.Path]);
        foreach (var chunk in content.Chunk(1000))
        {
            await responseStream.WriteAsync(new ArtifactChunk { Data = ByteString.CopyFrom(chunk) }, context.CancellationToken);
        }
    }

    public override async Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelState> responseStream, ServerCallContext context)
    {
        var watcher = Channel.CreateUnbounded<ModelState>();
        try
        {
            // Else a change could be sent before the state that it changed.
            lock (_watchers)
            {
                ThrowIfDown();
                foreach (var state in _states.Values)
                {
                    watcher.Writer.TryWrite(state);
                }

                _watchers[watcher] = true;
            }

            await foreach (var state in watcher.Reader.ReadAllAsync(context.CancellationToken))
            {
                await responseStream.WriteAsync(state, context.CancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The watcher went away.
        }
        finally
        {
            _watchers.TryRemove(watcher, out _);
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "The registry is down."));
    }

    /// <summary>Ends every watch and refuses everything until further notice.</summary>
    public void GoDown()
    {
        lock (_watchers)
        {
            IsDown = true;
            foreach (var watcher in _watchers.Keys)
            {
                watcher.Writer.TryComplete();
            }
        }
    }

    private void Change(string model, Action<ModelState> change)
    {
        var state = _states[model].Clone();
        change(state);
        state.Revision++;
        Publish(state);
    }

    private void Publish(ModelState state)
    {
        lock (_watchers)
        {
            _states[state.ModelName] = state;
            foreach (var watcher in _watchers.Keys)
            {
                watcher.Writer.TryWrite(state);
            }
        }
    }

    private void ThrowIfDown()
    {
        if (IsDown)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The registry is down."));
        }
    }
}
