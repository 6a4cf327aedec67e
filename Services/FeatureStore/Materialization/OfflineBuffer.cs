using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Events that wait to be committed to the offline store together: one file for many small batches.</summary>
internal sealed class OfflineBuffer
{
    private readonly List<EventColumns> _batches = [];

    public int Count { get; private set; }

    /// <summary>When the oldest of them came, a timestamp of the time provider.</summary>
    public long Since { get; private set; }

    /// <summary>False when what waits has another schema.</summary>
    public bool Takes(SourceSchema schema) => _batches.Count == 0 || _batches[0].Schema.SameAs(schema);

    public void Add(EventColumns batch, long timestamp)
    {
        Since = Count == 0 ? timestamp : Since;
        _batches.Add(batch);
        Count += batch.Count;
    }

    public EventColumns Take()
    {
        var events = EventColumns.Concat(_batches);
        Clear();
        return events;
    }

    public void Clear()
    {
        _batches.Clear();
        Count = 0;
    }
}
