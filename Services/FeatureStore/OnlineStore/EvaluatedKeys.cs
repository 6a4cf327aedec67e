using System.Collections.Concurrent;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>
/// What the newest reads of keys gave, so that a key that is read again and has not changed is not decoded and evaluated again: that is
/// most of what a read costs. Every read still asks Redis; the record's header says whether the key has changed, and each entry knows until
/// when time alone changes nothing. Keeps the keys read last, about; safe for many threads.
/// </summary>
internal sealed class EvaluatedKeys(int capacity)
{
    private readonly Lock _lock = new();
    private ConcurrentDictionary<string, Entry> _recent = new(StringComparer.Ordinal);
    private ConcurrentDictionary<string, Entry> _older = new(StringComparer.Ordinal);
    private int _added;

    /// <summary>The values when they are known for this record as of this instant; shared, so not to be changed. Else null.</summary>
    /// <param name="states">Of the definitions in force: others may have another time to live.</param>
    public FeatureValue[]? Find(string key, ReadOnlySpan<byte> record, KeyStates states, long nowMicros) =>
        (_recent.TryGetValue(key, out var entry) || _older.TryGetValue(key, out entry))
        && ReferenceEquals(entry.States, states) && nowMicros >= entry.FromMicros && nowMicros <= entry.UntilMicros
        && record[..OnlineRecord.HeaderLength].SequenceEqual(entry.Header)
            ? entry.Values
            : null;

    public void Set(string key, ReadOnlySpan<byte> record, KeyState state, KeyStates states, long nowMicros, FeatureValue[] values)
    {
        if (capacity == 0)
        {
            return;
        }

        var until = Math.Min(state.UnchangedUntil(nowMicros), OldEnough(values, states.View.TtlMicros));
        _recent[key] = new Entry(record[..OnlineRecord.HeaderLength].ToArray(), states, nowMicros, until, values);
        if (Interlocked.Increment(ref _added) >= Math.Max(1, capacity / 2))
        {
            Age();
        }
    }

    // The last instant at which no value that is there is too old.
    private static long OldEnough(FeatureValue[] values, long ttlMicros)
    {
        var until = long.MaxValue;
        if (ttlMicros > 0)
        {
            foreach (ref readonly var value in values.AsSpan())
            {
                // 0: there is no event in it, so it has no age.
                if (value is { Status: FeatureStatus.Present, EventTimestampMicros: not 0 })
                {
                    until = Math.Min(until, value.EventTimestampMicros + ttlMicros);
                }
            }
        }

        return until;
    }

    // Half of the capacity has come since: what has not been set again by the next time goes.
    private void Age()
    {
        lock (_lock)
        {
            if (_added >= Math.Max(1, capacity / 2))
            {
                _older = _recent;
                _recent = new ConcurrentDictionary<string, Entry>(StringComparer.Ordinal);
                _added = 0;
            }
        }
    }

    private sealed record Entry(byte[] Header, KeyStates States, long FromMicros, long UntilMicros, FeatureValue[] Values);
}
