using CloudNativeAi.FeatureStore.Transformations;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>Keys of one view that a request asks for, each once.</summary>
internal sealed record ViewLookup(OnlineView View, RedisKey[] Keys);

/// <summary>What a look-up found: value f of key k is at k * features + f.</summary>
/// <param name="Positions">For each key the last event that its values contain; 0 where there is none.</param>
internal sealed record ViewValues(FeatureValue[] Values, long[] Positions);

/// <summary>Reads the values of several views in one round trip.</summary>
internal sealed class OnlineReader(OnlineServer server, IOptions<OnlineStoreOptions> options)
{
    // Some hundred bytes to some kilobytes each.
    private const int MaxKeysAtOnce = 10_000;

    private readonly EvaluatedKeys _evaluated = new(options.Value.EvaluatedKeys);

    /// <summary>For each look-up the values of all features of its view, key by key.</summary>
    /// <param name="asOfMicros">Null: now.</param>
    /// <exception cref="OnlineStoreLostException">The server lost its data: what is missing says nothing.</exception>
    public async Task<ViewValues[]> ReadAsync(
        IReadOnlyList<ViewLookup> lookups, Guid storeId, long? asOfMicros, long nowMicros, CancellationToken cancellationToken)
    {
        var results = lookups
            .Select(lookup => new ViewValues(new FeatureValue[lookup.Keys.Length * lookup.View.View.Features.Count], new long[lookup.Keys.Length]))
            .ToArray();
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
                var (lookup, key) = chunk[i];
                var view = lookups[lookup].View;
                var features = view.View.Features.Count;
                results[lookup].Positions[key] = Evaluate(
                    view, keys[i + 1], records[i + 1], asOfMicros, nowMicros, results[lookup].Values.AsSpan(key * features, features));
            }
        }

        return results;
    }

    // Returns the last event in the values.
    private long Evaluate(OnlineView view, RedisKey key, RedisValue record, long? asOf, long nowMicros, Span<FeatureValue> values)
    {
        var asOfMicros = asOf ?? nowMicros;

        // Before that, keys that were there may have expired.
        if (view.ExpiresAfter(options.Value.History) is not null && asOfMicros < nowMicros - options.Value.HistoryMicros)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = FeatureValue.Invalid(view.View.Features[i].Type);
            }

            return 0;
        }

        if (record.IsNull)
        {
            view.States.EvaluateEmpty(asOfMicros, values);
            return 0;
        }

        var bytes = (byte[])record!;
        var position = OnlineRecord.PositionOf(bytes);
        if (asOf is null && _evaluated.TryGet((string)key!, bytes, nowMicros, values))
        {
            return position;
        }

        var state = OnlineRecord.ReadState(bytes, view.States);
        state.Evaluate(asOfMicros, asOf ?? long.MaxValue, values);
        if (asOf is null)
        {
            _evaluated.Set((string)key!, bytes, state, view.View, nowMicros, values);
        }

        return position;
    }
}
