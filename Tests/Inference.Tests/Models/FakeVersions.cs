using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Batching;
using CloudNativeAi.Inference.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.Inference.Tests.Models;

/// <summary>Versions whose files have the size, and whose runs do what the test says; each has a true session of a model that gives back what it gets.</summary>
internal sealed class FakeVersions : IDisposable
{
    public const int VersionBytes = 100;

    private readonly string _directory = Directory.CreateTempSubdirectory("cnai-versions-").FullName;
    private readonly ConcurrentQueue<string> _loads = new();
    private readonly ConcurrentDictionary<LoadedModel, OnnxModel> _sessions = new();
    private readonly ExecutionProvider _provider;

    public FakeVersions()
    {
        Metrics = new InferenceMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
        _provider = new ExecutionProvider(Options.Create(new ExecutionProviderOptions()), Metrics, NullLogger<ExecutionProvider>.Instance);
        File.WriteAllBytes(OnnxPath, TestOnnx.Identity(Datatype.Fp32, -1, 1));
    }

    public InferenceMetrics Metrics { get; }

    public FakeTimeProvider Time { get; } = new();

    public HeldScheduler Scheduler { get; } = new();

    /// <summary>What was loaded, in order, as "model/version".</summary>
    public IReadOnlyList<string> Loads => [.. _loads];

    /// <summary>Size of the version's files, bytes.</summary>
    public Func<string, long> SizeOf { get; set; } = _ => VersionBytes;

    /// <summary>Those that cannot be loaded.</summary>
    public HashSet<string> Broken { get; } = [];

    private string OnnxPath => Path.Combine(_directory, "model.onnx");

    /// <summary>Where nothing but the size of the files counts.</summary>
    public VersionPool CreatePool(long budgetBytes, int maxUnaliased = 100)
    {
        var options = new ModelOptions { MemoryBudgetBytes = budgetBytes, MemoryFactor = 1, SessionBytes = 0, MaxUnaliasedVersions = maxUnaliased };
        var source = new VersionSource(
            (model, version, _) => Task.FromResult(new CachedVersion(model, version, $"{model}/{version}", _directory, SizeOf(model))),
            Load,
            (version, _) => throw new InvalidOperationException($"{version.ModelName} is no ensemble."),
            _ => { });
        return new VersionPool(source, Options.Create(options), Metrics, Time, NullLogger<VersionPool>.Instance);
    }

    public LoadedModel Create(CachedVersion version, RunModel? run = null, BatcherSettings? settings = null)
    {
        var onnx = OnnxModel.Load(OnnxPath, _provider, intraOpThreads: 1);
        var observer = new BatchObserver(version.ModelName, version.Version, Metrics, Time);
        var batcher = new Batcher(settings ?? new BatcherSettings(Instances: 1, MaxBatchSize: 8, MaxQueueSize: 100), run ?? onnx.Run, observer, Time, Scheduler);
        var model = new LoadedModel(
            version, onnx, ModelProcessing.Read(_directory, onnx), TreeExplainer.Read(_directory), batcher, observer, new RecentLatencies(Time), isBatched: true, Time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000);
        _sessions[model] = onnx;
        return model;
    }

    /// <summary>What the version runs; disposed with it.</summary>
    public OnnxModel SessionOf(LoadedModel model) => _sessions[model];

    public CachedVersion Files(string model, int version) => new(model, version, $"{model}/{version}", _directory, SizeOf(model));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private LoadedModel Load(CachedVersion version)
    {
        _loads.Enqueue(version.Digest);
        return Broken.Contains(version.ModelName)
            ? throw new InferenceException(InferenceErrorKind.FailedPrecondition, "broken")
            : Create(version);
    }
}
