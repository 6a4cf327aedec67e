using CloudNativeAi.FeatureStore.Transformations;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>Keys of one view that a request asks for, each once.</summary>
internal sealed record ViewLookup(OnlineView View, RedisKey[] Keys);

/// <summary>What a look-up found.</summary>
/// <param name="Values">For each key the values of the view's features; shared between reads, so not to be changed.</param>
/// <param name="Positions">For each key the last event that its values contain; 0 where there is none.</param>
internal sealed record ViewValues(FeatureValue[][] Values, long[] Positions);

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
            .Select(lookup => new ViewValues(new FeatureValue[lookup.Keys.Length][], new long[lookup.Keys.Length]))
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
                (results[lookup].Values[key], results[lookup].Positions[key]) = Evaluate(lookups[lookup].View, keys[i + 1], records[i + 1], asOfMicros, nowMicros);
            }
        }

        return results;
    }

    // The values and the last event in them.
    private (FeatureValue[] Values, long Position) Evaluate(OnlineView view, RedisKey key, RedisValue record, long? asOf, long nowMicros)
    {
        var asOfMicros = asOf ?? nowMicros;

        // Before that, keys that were there may have expired.
        if (view.ExpiresAfter(options.Value.History) is not null && asOfMicros < nowMicros - options.Value.HistoryMicros)
        {
            return ([.. view.View.Features.Select(feature => FeatureValue.Invalid(feature.Type))], 0);
        }

        if (record.IsNull)
        {
            return (view.States.EvaluateEmpty(asOfMicros), 0);
        }

        var bytes = (byte[])record!;
        var position = OnlineRecord.PositionOf(bytes);
        if (asOf is null && _evaluated.Find((string)key!, bytes, view.States, nowMicros) is { } known)
        {
            return (known, position);
        }

        var state = OnlineRecord.ReadState(bytes, view.States);
        var values = new FeatureValue[view.View.Features.Count];
        state.Evaluate(asOfMicros, asOf ?? long.MaxValue, values);
        if (asOf is null)
        {
            _evaluated.Set((string)key!, bytes, state, view.States, nowMicros, values);
        }

        return (values, position);
    }
}
