using CloudNativeAi.Contracts.Common;

namespace CloudNativeAi.Inference.Features;

/// <summary>How one prediction gets its online features.</summary>
internal abstract class FeatureLookUp
{
    /// <param name="names">"view:feature".</param>
    /// <param name="keys">Join key to value.</param>
    /// <param name="asOfMicros">Microseconds since the epoch; null: now.</param>
    /// <exception cref="InferenceException">The feature store is not reachable, or does not know what is asked of it.</exception>
    public abstract Task<FetchedFeatures> GetAsync(
        IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken);

    /// <summary>Says that the prediction waits for another one, which must not wait for its look-up.</summary>
    public virtual void StepAside()
    {
    }
}
