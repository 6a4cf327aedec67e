using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Tests.OfflineStore;
using CloudNativeAi.FeatureStore.Tests.TrainingSets;
using CloudNativeAi.FeatureStore.Transformations;
using CloudNativeAi.TestSupport;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.Tests.OnlineStore;

/// <summary>
/// The same events in disorder, once streamed into Redis in batches that are repeated, overlap, begin again at an older checkpoint and are
/// written by two writers at once, and once joined from Parquet: every value of every function and window is equal bit for bit.
/// </summary>
public sealed class StreamEqualsBatchTests(RedisServer redis)
{
    private const int Worlds = 8;
    // The applications of other tests take the others.
    private const int Database = 0;

    private static readonly IOptions<OnlineStoreOptions> Options = Microsoft.Extensions.Options.Options.Create(new OnlineStoreOptions
    {
        History = TimeSpan.FromDays(30), KeysPerRoundTrip = 4, KeysPerScript = 2, WriteAttempts = 50,
    });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streamed_values_are_those_of_the_batch(bool backfilled)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},defaultDatabase={Database}");
        var storeId = Guid.NewGuid();
        await connection.GetDatabase().StringSetAsync(OnlineKeys.Store, storeId.ToString());
        var server = new OnlineServer(connection);
        var (compared, refused) = (0, 0);
        for (var seed = 0; seed < Worlds; seed++)
        {
            var world = new JoinWorld(seed, backfilled, eventCount: 120);
            using var directory = new OfflineStoreDirectory();
            var source = await world.StoreAsync(directory);
            var newest = Enumerable.Range(0, world.Events.Count).Max(index => Math.Max(world.Events.EventTimestamps[index], world.Events.KnownMicros(index)));
            long[] instants = [newest, newest + (7 * Durations.Minute), newest + Durations.Day, .. world.Rows.Take(6).Select(row => row.Timestamp)];
            JoinRow[] rows = [.. instants.SelectMany(JoinWorld.RowsAt)];
            var batch = await world.JoinAsync(directory.DuckDb, source, rows);

            for (var index = 0; index < world.Definitions.FeatureViews.Count; index++)
            {
                var view = NewView(world, index, generation: (seed * 10) + index + (backfilled ? 1_000 : 0));
                await StreamAsync(server, storeId, view, world);
                var streamed = await ReadAsync(server, storeId, view, rows, newest + Durations.Day);
                for (var row = 0; row < rows.Length; row++)
                {
                    for (var feature = 0; feature < view.View.Features.Count; feature++)
                    {
                        var value = streamed[row][feature];
                        if (value.Status == FeatureStatus.Invalid)
                        {
                            // Of the past: in a window of a live source something arrived later, or more versions than are kept did.
                            Assert.True(rows[row].Timestamp < newest);
                            refused += view.View.IsWindowed ? 1 : 0;
                            continue;
                        }

                        Assert.Equal(FeatureValues.Describe(batch[index][row][feature]), FeatureValues.Describe(value));
                        compared++;
                    }
                }
            }
        }

        Assert.InRange(compared, 10_000, int.MaxValue);
        Assert.Equal(backfilled, refused == 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reads_of_now_that_remember_the_one_before_are_those_that_do_not(bool backfilled)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},defaultDatabase={Database}");
        var storeId = Guid.NewGuid();
        await connection.GetDatabase().StringSetAsync(OnlineKeys.Store, storeId.ToString());
        var server = new OnlineServer(connection);
        OnlineReader remembers = new(server, Microsoft.Extensions.Options.Options.Create(new OnlineStoreOptions { EvaluatedKeys = 7 }));
        OnlineReader forgets = new(server, Microsoft.Extensions.Options.Options.Create(new OnlineStoreOptions { EvaluatedKeys = 0 }));
        for (var seed = 0; seed < Worlds; seed++)
        {
            var world = new JoinWorld(seed + 100, backfilled, eventCount: 60);
            var views = world.Definitions.FeatureViews.Select((_, index) => NewView(world, index, (seed * 10) + index + (backfilled ? 3_000 : 2_000))).ToArray();
            var random = new Random(seed);
            var now = JoinWorld.Origin;
            for (var first = 0; first < world.Events.Count; first += 10)
            {
                var part = Slice(world.Events, first, 10);
                foreach (var view in views)
                {
                    await new OnlineWriter(server, Options).ApplyAsync(view, storeId, first, part, Token);
                }

                for (var step = 0; step < 6; step++)
                {
                    // Of ages at the time to live, of edges of tiles, and of the same instant.
                    now += random.Next(5) switch { 0 => 0, 1 => 1, 2 => JoinWorld.Ttl - 1, 3 => (5 * Durations.Minute) - (now % (5 * Durations.Minute)), _ => random.NextInt64(10 * Durations.Minute) };
                    if (random.Next(4) == 0)
                    {
                        // A change of the time to live does not build a view anew.
                        views = [.. views.Select(view => view with { States = new KeyStates(view.View with { TtlMicros = random.Next(3) * JoinWorld.Ttl }, world.Schema) })];
                    }

                    ViewLookup[] lookups = [.. views.Select(view => new ViewLookup(
                        view, [.. JoinWorld.RowsAt(now).Select(row => view.Keys.Of(PartsOf(view.View, row))).Distinct()]))];
                    var remembered = await remembers.ReadAsync(lookups, storeId, null, now, Token);
                    var fresh = await forgets.ReadAsync(lookups, storeId, null, now, Token);

                    for (var index = 0; index < views.Length; index++)
                    {
                        Assert.Equal(fresh[index].Positions, remembered[index].Positions);
                        Assert.Equal(fresh[index].Values.SelectMany(values => values).Select(FeatureValues.Describe), remembered[index].Values.SelectMany(values => values).Select(FeatureValues.Describe));
                    }
                }
            }
        }
    }

    private static OnlineView NewView(JoinWorld world, int index, long generation)
    {
        var view = world.Definitions.FeatureViews[index];
        return new OnlineView(
            new KeyStates(view, world.Schema),
            new ViewMaterialization(generation, view.Name, view.Fingerprint, view.Source, 0, 0, true, 0, 0, 0, ""));
    }

    private static async Task StreamAsync(OnlineServer server, Guid storeId, OnlineView view, JoinWorld world)
    {
        var random = new Random(world.Seed);
        OnlineWriter[] writers = [new(server, Options), new(server, Options)];
        var events = world.Events;
        var checkpoint = 0;
        while (checkpoint < events.Count)
        {
            // From some event that is there already, to some that is new.
            var first = random.Next(checkpoint + 1);
            var count = checkpoint - first + 1 + random.Next(20);
            var part = Slice(events, first, Math.Min(count, events.Count - first));
            var known = random.Next(first, checkpoint + 1);
            await Task.WhenAll(writers.Select(writer => writer.ApplyAsync(view, storeId, known, part, Token)));

            // A restart loses the newest checkpoints.
            checkpoint = random.Next(4) == 0 ? random.Next(known, checkpoint + 1) : Math.Max(checkpoint, (int)part.LastPosition);
        }
    }

    private static async Task<FeatureValue[][]> ReadAsync(OnlineServer server, Guid storeId, OnlineView view, JoinRow[] rows, long now)
    {
        var reader = new OnlineReader(server, Options);
        var values = new FeatureValue[rows.Length][];
        foreach (var group in rows.Select((row, index) => (Row: row, Index: index)).GroupBy(item => item.Row.Timestamp))
        {
            RedisKey[] keys = [.. group.Select(item => view.Keys.Of(PartsOf(view.View, item.Row)))];
            var found = await reader.ReadAsync([new ViewLookup(view, keys)], storeId, group.Key, now, Token);
            foreach (var (item, key) in group.Select((item, key) => (item, key)))
            {
                values[item.Index] = found[0].Values[key];
            }
        }

        return values;
    }

    private static string[] PartsOf(FeatureView view, JoinRow row) => view.JoinKeys.Count == 1
        ? [EntityKeyText.Escape(row.Airline!)]
        : [EntityKeyText.Escape(row.Airline!), EntityKeyText.Escape(row.Flight!.Value)];

    private static EventColumns Slice(EventColumns events, int first, int count)
    {
        int[] rows = [.. Enumerable.Range(first, count)];
        return new EventColumns
        {
            Schema = events.Schema,
            Count = count,
            Positions = events.Positions[first..(first + count)],
            EventIds = events.EventIds[first..(first + count)],
            EventTimestamps = events.EventTimestamps[first..(first + count)],
            CreatedTimestamps = events.CreatedTimestamps[first..(first + count)],
            Fields = [.. events.Fields.Select(field => Slice(field, rows))],
        };
    }

    private static EventColumn Slice(EventColumn field, int[] rows)
    {
        var slice = new EventColumn(field.Type, rows.Length);
        foreach (var (to, from) in rows.Index())
        {
            slice.IsNull[to] = field.IsNull[from];
            Copy(field.Doubles, slice.Doubles, from, to);
            Copy(field.Int64s, slice.Int64s, from, to);
            Copy(field.Bools, slice.Bools, from, to);
            Copy(field.Strings, slice.Strings, from, to);
        }

        return slice;
    }

    private static void Copy<T>(T[] from, T[] to, int fromIndex, int toIndex)
    {
        if (to.Length > 0)
        {
            to[toIndex] = from[fromIndex];
        }
    }
}
