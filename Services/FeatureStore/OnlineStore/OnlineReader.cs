using CloudNativeAi.FeatureStore.Transformations;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>Keys of one view that a request asks for, each once.</summary>
internal sealed record ViewLookup(OnlineView View, RedisKey[] Keys);

/// <summary>Reads the values of several views in one round trip.</summary>
internal sealed class OnlineReader(OnlineServer server, IOptions<OnlineStoreOptions> options)
{
    // Some hundred bytes to some kilobytes each.
    private const int MaxKeysAtOnce = 10_000;

    /// <summary>
    /// For each look-up the values of all features of its view, key by key: value f of key k is at k * features + f.
    /// </summary>
    /// <param name="asOfMicros">Null: now.</param>
    /// <exception cref="OnlineStoreLostException">The server lost its data: what is missing says nothing.</exception>
    public async Task<FeatureValue[][]> ReadAsync(
        IReadOnlyList<ViewLookup> lookups, Guid storeId, long? asOfMicros, long nowMicros, CancellationToken cancellationToken)
    {
        var results = lookups.Select(lookup => new FeatureValue[lookup.Keys.Length * lookup.View.View.Features.Count]).ToArray();
        var all = lookups.SelectMany((lookup, index) => Enumerable.Range(0, lookup.Keys.Length).Select(key => (Lookup: index, Key: key)));

        // One round trip, unless the values together would be too much to hold at once.
        foreach (var chunk in all.Chunk(MaxKeysAtOnce))
        {
            RedisKey[] keys = [OnlineKeys.Store, .. chunk.Select(item => lookups[item.Lookup].Keys[item.Key])];
            var records = await server.GetAsync(keys, keys.Length, cancellationToken);
            if (records[0] != storeId.ToString())
            {
                throw new OnlineStoreLostException(storeId);
            }

            for (var i = 0; i < chunk.Length; i++)
            {
                var view = lookups[chunk[i].Lookup].View;
                var features = view.View.Features.Count;
                Evaluate(view, records[i + 1], asOfMicros, nowMicros, results[chunk[i].Lookup].AsSpan(chunk[i].Key * features, features));
            }
        }

        return results;
    }

    private void Evaluate(OnlineView view, RedisValue record, long? asOf, long nowMicros, Span<FeatureValue> values)
    {
        var asOfMicros = asOf ?? nowMicros;

        // Before that, keys that were there may have expired.
        if (view.ExpiresAfter(options.Value.History) is not null && asOfMicros < nowMicros - options.Value.HistoryMicros)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = FeatureValue.Invalid(view.View.Features[i].Type);
            }
        }
        else if (record.IsNull)
        {
            view.States.EvaluateEmpty(asOfMicros, values);
        }
        else
        {
            OnlineRecord.ReadState((byte[])record!, view.States).Evaluate(asOfMicros, asOf ?? long.MaxValue, values);
        }
    }
}
