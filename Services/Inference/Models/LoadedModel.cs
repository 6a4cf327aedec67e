using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Ensembles;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// One version in memory. Requests hold a lease while they use it; a retired version takes no new leases and is disposed
/// when the last one ends, but not by the request that ended it.
/// </summary>
internal sealed class LoadedModel(
    CachedVersion version, OnnxModel? onnx, ModelProcessing processing, TreeExplainer explainer, Batcher? batcher, BatchObserver batches, RecentLatencies latencies, bool isBatched, long loadedMicros,
    LoadedEnsemble? ensemble = null)
{
    private const int Retired = 1;
    private const int OneLease = 2;

    private int _state;
    private long _lastUsed;
    private long _predictions;
    private long _failures;
    private long _successTicks;
    private long _failureTicks;
    private long _lastInferenceMicros;

    public string ModelName { get; } = version.ModelName;

    public int Version { get; } = version.Version;

    public string Digest { get; } = version.Digest;

    /// <summary>Null: the version is no ensemble, and has a model.onnx.</summary>
    public LoadedEnsemble? Ensemble { get; } = ensemble;

    public ModelProcessing Processing { get; } = processing;

    /// <summary>What requests give: the inputs of model.onnx, or texts in the place of those that a tokenizer fills.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; } = ensemble?.Graph.Inputs ?? processing.Text?.Inputs ?? onnx!.Inputs;

    public IReadOnlyList<TensorInfo> Outputs { get; } = ensemble?.Graph.Outputs ?? onnx!.Outputs;

    /// <summary>The indexes of all outputs, in order; not to be changed.</summary>
    public int[] AllOutputs { get; } = ensemble is null ? onnx!.AllOutputs : [.. Enumerable.Range(0, ensemble.Graph.Outputs.Count)];

    /// <summary>The model's own metadata.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; } = onnx?.Properties ?? new Dictionary<string, string>();

    /// <summary>Null for a version that can be asked with tensors only.</summary>
    public FeatureEncoder? Encoder => Processing.Encoder;

    public TreeExplainer Explainer { get; } = explainer;

    /// <summary>Null for an ensemble: its steps go through theirs.</summary>
    public Batcher? Batcher { get; } = batcher;

    public BatchObserver Batches { get; } = batches;

    public RecentLatencies Latencies { get; } = latencies;

    /// <summary>The first dimension counts rows, and rows of different requests may share a run.</summary>
    public bool IsBatched { get; } = isBatched;

    public long LoadedMicros { get; } = loadedMicros;

    public long Predictions => Volatile.Read(ref _predictions);

    public long Failures => Volatile.Read(ref _failures);

    /// <summary>From request to answer, of all that succeeded.</summary>
    public TimeSpan SuccessTime => TimeSpan.FromTicks(Volatile.Read(ref _successTicks));

    public TimeSpan FailureTime => TimeSpan.FromTicks(Volatile.Read(ref _failureTicks));

    /// <summary>Microseconds since the epoch; 0: never.</summary>
    public long LastInferenceMicros => Volatile.Read(ref _lastInferenceMicros);

    public void Succeeded(TimeSpan duration, long nowMicros)
    {
        Interlocked.Increment(ref _predictions);
        Interlocked.Add(ref _successTicks, duration.Ticks);
        Volatile.Write(ref _lastInferenceMicros, nowMicros);
        Latencies.Record(duration);
    }

    public void Failed(TimeSpan duration)
    {
        Interlocked.Increment(ref _failures);
        Interlocked.Add(ref _failureTicks, duration.Ticks);
    }

    /// <summary>What it takes, estimated from the size of its files, bytes.</summary>
    public long MemoryBytes { get; set; }

    /// <summary>Called when its memory has been given back. Not to be changed once it is retired.</summary>
    public Action? Released { get; set; }

    /// <summary>Time stamp of the newest lease.</summary>
    public long LastUsed
    {
        get => Volatile.Read(ref _lastUsed);
        set => Volatile.Write(ref _lastUsed, value);
    }

    /// <summary>Requests use it right now.</summary>
    public bool IsLeased => Volatile.Read(ref _state) >= OneLease;

    /// <summary>False when the version was retired; the caller looks its successor up.</summary>
    /// <param name="now">Time stamp.</param>
    public bool TryLease(long now)
    {
        var state = Volatile.Read(ref _state);
        while ((state & Retired) == 0)
        {
            var seen = Interlocked.CompareExchange(ref _state, state + OneLease, state);
            if (seen == state)
            {
                LastUsed = now;
                return true;
            }

            state = seen;
        }

        return false;
    }

    public void EndLease()
    {
        if (Interlocked.Add(ref _state, -OneLease) == Retired)
        {
            Release();
        }
    }

    /// <summary>Called once.</summary>
    public void Retire()
    {
        if (Interlocked.Or(ref _state, Retired) == 0)
        {
            Release();
        }
    }

    private void Release() => OwnThread.Run(() =>
    {
        onnx?.Dispose();
        Released?.Invoke();
    });
}

/// <summary>The right to use a loaded version until disposed.</summary>
internal readonly struct ModelLease(LoadedModel model, string role) : IDisposable
{
    public LoadedModel Model { get; } = model;

    /// <summary>The alias by which it was found; empty when by number.</summary>
    public string Role { get; } = role;

    public void Dispose() => Model.EndLease();
}
