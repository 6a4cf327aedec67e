using System.Threading.Channels;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Training;
using Google.Protobuf;
using Grpc.Core;
using CloudNativeAi.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Monitoring.Tests.Application;

/// <summary>Stands in for ModelRegistry and Training: their contracts, over a real port.</summary>
internal sealed class FakePlatform : IAsyncDisposable
{
    private static readonly ModelState EndOfStream = new();

    private GrpcTestServer _server = null!;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Model, int Version, string Path), string> _artifacts = [];
    private readonly Dictionary<string, Job> _jobs = [];
    private readonly TaskCompletionSource<Job> _firstJob = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<ModelState> _states = Channel.CreateUnbounded<ModelState>();

    public string Address => _server.Address;

    /// <summary>When set, the registry answers so.</summary>
    public StatusCode? RegistryFault { get; set; }

    /// <summary>When set, Training answers so.</summary>
    public StatusCode? TrainingFault { get; set; }

    public int ArtifactReads { get; private set; }

    public int Submissions { get; private set; }

    /// <summary>Ends when Training got a job.</summary>
    public Task<Job> FirstJob => _firstJob.Task;

    public IReadOnlyList<Job> Jobs
    {
        get
        {
            lock (_lock)
            {
                return [.. _jobs.Values];
            }
        }
    }

    public static async Task<FakePlatform> StartAsync()
    {
        var platform = new FakePlatform();
        platform._server = await GrpcTestServer.StartAsync(
            services => services.AddSingleton(platform),
            routes =>
            {
                routes.MapGrpcService<RegistryService>();
                routes.MapGrpcService<TrainingService>();
            });
        return platform;
    }

    public void PutArtifact(string model, int version, string path, string content)
    {
        lock (_lock)
        {
            _artifacts[(model, version, path)] = content;
        }
    }

    /// <summary>Ends the stream of models that is open.</summary>
    public void EndStream() => _states.Writer.TryWrite(EndOfStream);

    public void Announce(ModelState state) => _states.Writer.TryWrite(state);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private sealed class RegistryService(FakePlatform platform) : ModelRegistry.ModelRegistryBase
    {
        // In pieces, as the registry sends large files.
        private const int ChunkCharacters = 100;

        public override async Task ReadArtifact(ReadArtifactRequest request, IServerStreamWriter<ArtifactChunk> responseStream, ServerCallContext context)
        {
            string? content;
            lock (platform._lock)
            {
                platform.ArtifactReads++;
                content = platform._artifacts.GetValueOrDefault((request.ModelName, request.Version, request.Path));
            }

            if (platform.RegistryFault is { } fault)
            {
                throw new RpcException(new Status(fault, "On purpose."));
            }

            foreach (var piece in (content ?? throw new RpcException(new Status(StatusCode.NotFound, "No such file."))).Chunk(ChunkCharacters))
            {
                await responseStream.WriteAsync(new ArtifactChunk { Data = ByteString.CopyFromUtf8(new string(piece)) }, context.CancellationToken);
            }
        }

        public override async Task WatchModels(WatchModelsRequest request, IServerStreamWriter<ModelState> responseStream, ServerCallContext context)
        {
            await foreach (var state in platform._states.Reader.ReadAllAsync(context.CancellationToken))
            {
                if (ReferenceEquals(state, EndOfStream))
                {
                    return;
                }

                await responseStream.WriteAsync(state, context.CancellationToken);
            }
        }
    }

    private sealed class TrainingService(FakePlatform platform) : TrainingJobs.TrainingJobsBase
    {
        public override Task<Job> SubmitJob(SubmitJobRequest request, ServerCallContext context)
        {
            lock (platform._lock)
            {
                platform.Submissions++;
                if (platform.TrainingFault is { } fault)
                {
                    throw new RpcException(new Status(fault, "On purpose."));
                }

                if (!platform._jobs.TryGetValue(request.IdempotencyKey, out var job))
                {
                    platform._jobs[request.IdempotencyKey] = job = new Job { Id = $"job-{platform._jobs.Count + 1}", Request = request };
                }

                platform._firstJob.TrySetResult(job);
                return Task.FromResult(job);
            }
        }
    }
}
