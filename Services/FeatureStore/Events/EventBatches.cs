using System.Runtime.CompilerServices;

namespace CloudNativeAi.FeatureStore.Events;

/// <summary>Makes few large batches of many small ones.</summary>
internal static class EventBatches
{
    public static async IAsyncEnumerable<EventColumns> OfSizeAsync(
        IAsyncEnumerable<EventColumns> batches, int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var waiting = new List<EventColumns>();
        var count = 0;
        await foreach (var batch in batches.WithCancellation(cancellationToken))
        {
            waiting.Add(batch);
            count += batch.Count;
            if (count >= size)
            {
                yield return EventColumns.Concat(waiting);
                waiting.Clear();
                count = 0;
            }
        }

        if (count > 0)
        {
            yield return EventColumns.Concat(waiting);
        }
    }
}
