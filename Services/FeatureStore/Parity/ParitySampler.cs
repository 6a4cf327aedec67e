using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Retrieval;

namespace CloudNativeAi.FeatureStore.Parity;

/// <summary>
/// Holds one sample at a time: a random row and view of the first read after the last one was taken. Reads pay for one comparison of a
/// reference otherwise.
/// </summary>
internal sealed class ParitySampler
{
    private ParitySample? _sample;

    public void Offer(FeatureTable table, EntityRows rows, (ViewLookup Lookup, int[] KeyOfRow)[] lookups, ViewValues[] values)
    {
        if (Volatile.Read(ref _sample) is not null || table.Rows == 0)
        {
            return;
        }

        var row = Random.Shared.Next(table.Rows);
        var index = Random.Shared.Next(lookups.Length);
        var (lookup, keyOfRow) = lookups[index];

        // Without an event there is nothing to compare, and the key may have expired.
        if (keyOfRow[row] >= 0 && values[index].Positions[keyOfRow[row]] is > 0 and var position)
        {
            var view = lookup.View;
            var served = table.Columns
                .Where(column => column.Feature.View == view.View.Name)
                .Select(column => (view.View.IndexOf(column.Feature.Feature), column[row]))
                // What is refused online may be known offline.
                .Where(item => item.Item2.Status != FeatureStatus.Invalid)
                .ToList();
            if (served.Count > 0 && rows.KeyOf(view, row) is { } key)
            {
                Interlocked.CompareExchange(
                    ref _sample,
                    new ParitySample(
                        view.View, view.States.Schema, [.. key.Select((part, i) => EntityKeyText.ToValue(part, view.View.JoinKeys[i].Type))],
                        table.AsOfMicros, position, served),
                    null);
            }
        }
    }

    public ParitySample? Peek() => Volatile.Read(ref _sample);

    /// <summary>Makes room for the next one.</summary>
    public void Drop() => Volatile.Write(ref _sample, null);
}
