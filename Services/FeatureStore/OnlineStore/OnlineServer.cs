using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>The Redis server or cluster: reads many keys in one round trip, and compares and sets many in another.</summary>
internal sealed class OnlineServer(IConnectionMultiplexer redis)
{
    // ARGV: milliseconds to live (0: for ever), then for each key the header it must have now ('' for none) and its new value.
    // Returns the 1-based numbers of the keys that had another header and were left alone.
    private const string CompareAndSetScript =
        """
        local conflicts = {}
        for i = 1, #KEYS do
          if redis.call('GETRANGE', KEYS[i], 0, 16) == ARGV[2 * i] then
            if ARGV[1] == '0' then
              redis.call('SET', KEYS[i], ARGV[2 * i + 1])
            else
              redis.call('SET', KEYS[i], ARGV[2 * i + 1], 'PX', ARGV[1])
            end
          else
            conflicts[#conflicts + 1] = i
          end
        end
        return conflicts
        """;

    private readonly Lazy<bool> _isCluster = new(() => redis.GetServers().Any(server => server.ServerType == ServerType.Cluster));

    private IDatabase Database => redis.GetDatabase();

    /// <summary>Values in the order of the keys; one MGET for every <paramref name="keysPerRoundTrip"/> keys, all sent at once.</summary>
    public async Task<RedisValue[]> GetAsync(RedisKey[] keys, int keysPerRoundTrip, CancellationToken cancellationToken)
    {
        if (!_isCluster.Value && keys.Length <= keysPerRoundTrip)
        {
            return await Database.StringGetAsync(keys).WaitAsync(cancellationToken);
        }

        // On a cluster one MGET stays within one slot.
        var groups = (_isCluster.Value
                ? Enumerable.Range(0, keys.Length).GroupBy(index => redis.HashSlot(keys[index])).SelectMany(group => group.Chunk(keysPerRoundTrip))
                : Enumerable.Range(0, keys.Length).Chunk(keysPerRoundTrip))
            .Select(indexes => (Indexes: indexes, Reply: Database.StringGetAsync([.. indexes.Select(index => keys[index])])))
            .ToList();
        var values = new RedisValue[keys.Length];
        foreach (var (indexes, reply) in groups)
        {
            var part = await reply.WaitAsync(cancellationToken);
            for (var i = 0; i < indexes.Length; i++)
            {
                values[indexes[i]] = part[i];
            }
        }

        return values;
    }

    /// <summary>Sets each key whose header is the expected one; returns the indexes of those that another writer changed meanwhile.</summary>
    public async Task<List<int>> CompareAndSetAsync(
        IReadOnlyList<OnlineWrite> writes, TimeSpan? expiresAfter, int keysPerScript, CancellationToken cancellationToken)
    {
        var milliseconds = (long)(expiresAfter?.TotalMilliseconds ?? 0);
        var replies = Enumerable.Range(0, writes.Count)
            .Chunk(_isCluster.Value ? 1 : keysPerScript)
            .Select(indexes =>
            {
                var arguments = new RedisValue[1 + (2 * indexes.Length)];
                arguments[0] = milliseconds;
                for (var i = 0; i < indexes.Length; i++)
                {
                    arguments[1 + (2 * i)] = writes[indexes[i]].ExpectedHeader;
                    arguments[2 + (2 * i)] = writes[indexes[i]].Value;
                }

                return (Indexes: indexes, Reply: Database.ScriptEvaluateAsync(CompareAndSetScript, [.. indexes.Select(index => writes[index].Key)], arguments));
            })
            .ToList();

        var conflicts = new List<int>();
        foreach (var (indexes, reply) in replies)
        {
            var numbers = (long[]?)await reply.WaitAsync(cancellationToken) ?? [];
            conflicts.AddRange(numbers.Select(number => indexes[number - 1]));
        }

        return conflicts;
    }

    public Task SetAsync(RedisKey key, RedisValue value, CancellationToken cancellationToken) => Database.StringSetAsync(key, value).WaitAsync(cancellationToken);

    /// <summary>Deletes every key that matches; returns how many there were.</summary>
    public async Task<long> DeleteAsync(string pattern, CancellationToken cancellationToken)
    {
        const int PageSize = 1_000;
        long deleted = 0;
        foreach (var server in redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
        {
            var page = new List<RedisKey>(PageSize);
            await foreach (var key in server.KeysAsync(pattern: pattern, pageSize: PageSize).WithCancellation(cancellationToken))
            {
                page.Add(key);
                if (page.Count == PageSize)
                {
                    deleted += await DeleteAsync(page, cancellationToken);
                }
            }

            deleted += await DeleteAsync(page, cancellationToken);
        }

        return deleted;
    }

    private async Task<long> DeleteAsync(List<RedisKey> keys, CancellationToken cancellationToken)
    {
        // One key a command, so that it works on a cluster as well; they travel together.
        var replies = keys.Select(key => Database.KeyDeleteAsync(key)).ToList();
        keys.Clear();
        var deleted = await Task.WhenAll(replies).WaitAsync(cancellationToken);
        return deleted.Count(done => done);
    }
}

/// <param name="ExpectedHeader">Empty when there must be no value.</param>
internal readonly record struct OnlineWrite(RedisKey Key, RedisValue ExpectedHeader, RedisValue Value);
