using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.Transformations;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <param name="NewEntities">Keys that did not exist when the build stood at its checkpoint.</param>
internal readonly record struct OnlineApplied(long NewEntities, long Conflicts);

/// <summary>
/// Applies events to the keys of one view: read, merge here, write by compare-and-set. Every key knows the last position in it and skips
/// events up to there, so a batch may be applied any number of times, and by two writers at once, with the same result.
/// </summary>
internal sealed class OnlineWriter(OnlineServer server, IOptions<OnlineStoreOptions> options)
{
    /// <param name="checkpoint">Position up to which the build is known to be applied.</param>
    /// <exception cref="OnlineStoreLostException">The server lost its data.</exception>
    /// <exception cref="OnlineStoreBehindException">The server has older data than the checkpoint says.</exception>
    public async Task<OnlineApplied> ApplyAsync(
        OnlineView view, Guid storeId, long checkpoint, EventColumns events, CancellationToken cancellationToken)
    {
        await CheckServerAsync(view.Build.Generation, storeId, checkpoint, cancellationToken);

        long newEntities = 0;
        long conflicts = 0;
        foreach (var chunk in GroupByKey(view, events, checkpoint).Chunk(options.Value.KeysPerRoundTrip))
        {
            var applied = await ApplyAsync(view, checkpoint, events, chunk, cancellationToken);
            newEntities += applied.NewEntities;
            conflicts += applied.Conflicts;
        }

        await server.SetAsync(OnlineKeys.Applied(view.Build.Generation), events.LastPosition, cancellationToken);
        return new OnlineApplied(newEntities, conflicts);
    }

    private async Task CheckServerAsync(long generation, Guid storeId, long checkpoint, CancellationToken cancellationToken)
    {
        var known = await server.GetAsync([OnlineKeys.Store, OnlineKeys.Applied(generation)], keysPerRoundTrip: 2, cancellationToken);
        if (known[0] != storeId.ToString())
        {
            throw new OnlineStoreLostException(storeId);
        }

        var applied = known[1].IsNull ? 0 : (long)known[1];
        if (applied < checkpoint)
        {
            throw new OnlineStoreBehindException(generation, applied);
        }
    }

    private async Task<OnlineApplied> ApplyAsync(
        OnlineView view, long checkpoint, EventColumns events, KeyRows[] chunk, CancellationToken cancellationToken)
    {
        long newEntities = 0;
        long conflicts = 0;
        var writer = new PackedWriter();
        for (var attempt = 0; attempt < options.Value.WriteAttempts; attempt++)
        {
            var records = await server.GetAsync([.. chunk.Select(item => item.Key)], options.Value.KeysPerRoundTrip, cancellationToken);
            var writes = new List<OnlineWrite>(chunk.Length);
            var written = new List<KeyRows>(chunk.Length);
            for (var i = 0; i < chunk.Length; i++)
            {
                if (attempt == 0 && IsNewSince(checkpoint, records[i]))
                {
                    newEntities++;
                }

                if (Merge(view, events, chunk[i], records[i], writer) is { } write)
                {
                    writes.Add(write);
                    written.Add(chunk[i]);
                }
            }

            var failed = await server.CompareAndSetAsync(
                writes, view.ExpiresAfter(options.Value.History), options.Value.KeysPerScript, cancellationToken);
            if (failed.Count == 0)
            {
                return new OnlineApplied(newEntities, conflicts);
            }

            conflicts += failed.Count;
            chunk = [.. failed.Select(index => written[index])];
        }

        throw new InvalidOperationException(
            $"{chunk.Length} keys of the view '{view.View.Name}' were changed by another writer {options.Value.WriteAttempts} times in a row.");
    }

    // Null when the key has all of the events already.
    private OnlineWrite? Merge(OnlineView view, EventColumns events, KeyRows item, RedisValue current, PackedWriter writer)
    {
        ReadOnlyMemory<byte> record = current.IsNull ? default : (byte[])current!;
        var position = record.IsEmpty ? 0 : OnlineRecord.PositionOf(record.Span);
        if (events.Positions[item.Rows[^1]] <= position)
        {
            return null;
        }

        var state = record.IsEmpty ? view.States.Create() : OnlineRecord.ReadState(record.Span, view.States);
        var first = record.IsEmpty ? events.Positions[item.Rows[0]] : OnlineRecord.FirstPositionOf(record.Span);
        foreach (var row in item.Rows)
        {
            if (events.Positions[row] > position)
            {
                state.Apply(events, row);
            }
        }

        state.TrimToHistory(options.Value.HistoryMicros);
        var value = OnlineRecord.Write(writer, events.Positions[item.Rows[^1]], first, state);
        return new OnlineWrite(item.Key, record.IsEmpty ? RedisValue.EmptyString : record[..OnlineRecord.HeaderLength], value);
    }

    // A key made by a batch whose checkpoint was lost counts again when that batch is repeated.
    private static bool IsNewSince(long checkpoint, RedisValue current) => current.IsNull || OnlineRecord.FirstPositionOf((byte[])current!) > checkpoint;

    private static IEnumerable<KeyRows> GroupByKey(OnlineView view, EventColumns events, long checkpoint)
    {
        int[] columns = [.. view.View.JoinKeys.Select(key => events.Schema.IndexOf(key.SourceField))];
        var groups = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var row = 0; row < events.Count; row++)
        {
            if (events.Positions[row] > checkpoint && view.Keys.Of(events, columns, row) is { } key)
            {
                if (!groups.TryGetValue(key, out var rows))
                {
                    groups.Add(key, rows = []);
                }

                rows.Add(row);
            }
        }

        return groups.Select(group => new KeyRows(group.Key, group.Value));
    }

    private readonly record struct KeyRows(RedisKey Key, List<int> Rows);
}
