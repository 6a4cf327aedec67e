using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// A model version in memory. Requests hold a lease while they use it, so that a version that was replaced drains before its
/// session is disposed.
/// </summary>
internal sealed class LoadedVersion(
    string modelName, int version, string digest, OnnxModel onnx, Batcher batcher, BatchObserver observer, ModelSignature? signature, RecentLatencies latencies, TimeProvider timeProvider)
{
    private int _leases = 1;
    private long _succeeded;
    private long _failed;
    private long _lastUsed = timeProvider.GetTimestamp();

    public string ModelName => modelName;

    public int Version => version;

    public string Digest => digest;

    public OnnxModel Onnx => onnx;

    public Batcher Batcher => batcher;

    public BatchObserver Observer => observer;

    /// <summary>Null for a model that came without signature.json: it takes tensors only.</summary>
    public ModelSignature? Signature => signature;

    public FeatureEncoder? Encoder { get; } = signature is null ? null : new FeatureEncoder(signature);

    public RecentLatencies Latencies => latencies;

    public DateTimeOffset LoadedAt { get; } = timeProvider.GetUtcNow();

    public long Succeeded => Volatile.Read(ref _succeeded);

    public long Failed => Volatile.Read(ref _failed);

    public long LastUsed => Volatile.Read(ref _lastUsed);

    /// <summary>False when the version is gone already: look again.</summary>
    public bool TryAcquire()
    {
        while (true)
        {
            var leases = Volatile.Read(ref _leases);
            if (leases == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _leases, leases + 1, leases) == leases)
            {
                Volatile.Write(ref _lastUsed, timeProvider.GetTimestamp());
                return true;
            }
        }
    }

    /// <summary>Gives a lease back; the last one, the owner's included, disposes the session.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            onnx.Dispose();
        }
    }

    public void Record(TimeSpan duration, bool succeeded)
    {
        latencies.Record(duration);
        Interlocked.Increment(ref succeeded ? ref _succeeded : ref _failed);
    }
}

/// <summary>The right to use a version until disposed.</summary>
internal readonly struct VersionLease(LoadedVersion version, string role) : IDisposable
{
    public LoadedVersion Version => version;

    /// <summary>"champion", "challenger", or empty for a version asked for by number.</summary>
    public string Role => role;

    public void Dispose() => version.Release();
}
