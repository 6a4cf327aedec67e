using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

namespace CloudNativeAi.FeatureStore.Tests.OfflineStore.SourceTables;

public sealed class SourceTableTests : IDisposable
{
    private readonly OfflineStoreDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Source_without_events_has_position_0_and_no_rows()
    {
        var store = _directory.OpenStore();

        Assert.Equal(0, await store.GetLastPositionAsync(TestEvents.Schema, Token));
        Assert.Empty(await ReadAsync(store, TestEvents.Schema, 0));
        Assert.False(Directory.Exists(_directory.TablePath("departures")));
    }

    [Fact]
    public async Task Events_come_back_as_they_were_appended()
    {
        var store = _directory.OpenStore();
        var events = TestEvents.Create(1, 5_000);

        await store.AppendAsync(events, Token);

        var other = _directory.OpenStore();
        TestEvents.AssertSame(events, Assert.Single(await ReadAsync(other, TestEvents.Schema, 0)));
        Assert.Equal(5_000, await other.GetLastPositionAsync(TestEvents.Schema, Token));
        Assert.Equal(5_000, (await other.GetStatusAsync(TestEvents.Schema, Token)).Rows);
    }

    [Fact]
    public async Task Events_are_read_in_position_order_after_a_position()
    {
        var store = _directory.OpenStore();
        for (var batch = 0; batch < 150; batch++)
        {
            await store.AppendAsync(TestEvents.Create((batch * 100) + 1, 100), Token);
        }

        var positions = (await ReadAsync(store, TestEvents.Schema, 4_321)).SelectMany(batch => batch.Positions);

        Assert.Equal(Enumerable.Range(4_322, 15_000 - 4_321).Select(position => (long)position), positions);
    }

    [Fact]
    public async Task Batch_that_is_sent_again_adds_nothing()
    {
        var store = _directory.OpenStore();
        var events = TestEvents.Create(1, 100);

        var first = await store.AppendAsync(events, Token);
        var second = await store.AppendAsync(events, Token);
        var third = await _directory.OpenStore().AppendAsync(events, Token);

        Assert.Equal(new AppendResult(1, 100), first);
        Assert.Equal(first, second);
        Assert.Equal(first, third);
    }

    [Fact]
    public async Task Batch_that_overlaps_adds_only_what_is_new()
    {
        var store = _directory.OpenStore();
        var all = TestEvents.Create(1, 100);
        var head = TestEvents.Create(1, 60);

        await store.AppendAsync(head, Token);
        await store.AppendAsync(all, Token);

        var read = await ReadAsync(store, TestEvents.Schema, 0);
        Assert.Equal(all.Positions, read.SelectMany(batch => batch.Positions));
        Assert.Equal(all.EventIds[60..], read.SelectMany(batch => batch.EventIds).Skip(60));
    }

    [Fact]
    public async Task Field_that_is_added_later_is_null_in_older_events()
    {
        var store = _directory.OpenStore();
        var wider = TestEvents.Schema with { Fields = [.. TestEvents.Schema.Fields, new SchemaField("gate", ValueType.String, true)] };

        await store.AppendAsync(TestEvents.Create(1, 10), Token);
        await store.AppendAsync(TestEvents.Create(11, 10, wider), Token);
        // A reader of the log that still has the older schema.
        await store.AppendAsync(TestEvents.Create(21, 10), Token);

        var gates = (await ReadAsync(store, wider, 0)).SelectMany(batch => batch.Fields[^1].IsNull).ToArray();
        Assert.All(gates[..10], Assert.True);
        Assert.Contains(gates[10..20], isNull => !isNull);
        Assert.All(gates[20..], Assert.True);
    }

    [Fact]
    public async Task Field_that_changes_its_type_is_refused()
    {
        var store = _directory.OpenStore();
        var changed = TestEvents.Schema with { Fields = [new SchemaField("origin", ValueType.Double, true)] };
        await store.AppendAsync(TestEvents.Create(1, 10), Token);

        var exception = await Assert.ThrowsAsync<DeltaUnsupportedException>(() => store.AppendAsync(TestEvents.Create(11, 10, changed), Token));

        Assert.Contains("origin", exception.Message, StringComparison.Ordinal);
        Assert.Equal(10, await store.GetLastPositionAsync(TestEvents.Schema, Token));
    }

    [Fact]
    public async Task Process_that_dies_between_file_and_commit_loses_and_doubles_nothing()
    {
        var store = _directory.OpenStore();
        await store.AppendAsync(TestEvents.Create(1, 10), Token);
        // What a killed writer leaves behind: a data file nobody refers to, a half-written one and a temporary commit.
        var table = _directory.TablePath("departures");
        File.Copy(Directory.GetFiles(table, "*.parquet").Single(), Path.Combine(table, "part-orphan.parquet"));
        await File.WriteAllBytesAsync(Path.Combine(table, "part-torn.parquet"), [1, 2, 3], Token);
        await File.WriteAllTextAsync(Path.Combine(table, "_delta_log", ".0123.tmp"), "{\"add\":{", Token);

        var next = _directory.OpenStore();
        await next.AppendAsync(TestEvents.Create(1, 20), Token);

        Assert.Equal(Enumerable.Range(1, 20).Select(position => (long)position), (await ReadAsync(next, TestEvents.Schema, 0)).SelectMany(batch => batch.Positions));
    }

    [Fact]
    public async Task Two_readers_of_one_log_write_every_event_once()
    {
        var stores = Enumerable.Range(0, 4).Select(_ => _directory.OpenStore()).ToArray();

        await Task.WhenAll(stores.Select(store => Task.Run(
            async () =>
            {
                for (var batch = 0; batch < 20; batch++)
                {
                    await store.AppendAsync(TestEvents.Create((batch * 10) + 1, 10), Token);
                }
            },
            Token)));

        var positions = (await ReadAsync(stores[0], TestEvents.Schema, 0)).SelectMany(batch => batch.Positions);
        Assert.Equal(Enumerable.Range(1, 200).Select(position => (long)position), positions);
    }

    [Fact]
    public async Task Reading_stops_when_it_is_cancelled()
    {
        var store = _directory.OpenStore();
        await store.AppendAsync(TestEvents.Create(1, 50_000), Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in store.ReadAsync(TestEvents.Schema, 0, stop.Token))
            {
                await stop.CancelAsync();
            }
        });
    }

    [Fact]
    public async Task Batch_out_of_order_is_refused()
    {
        var store = _directory.OpenStore();
        var events = TestEvents.Create(1, 3);
        events.Positions[2] = 2;

        await Assert.ThrowsAsync<ArgumentException>(() => store.AppendAsync(events, Token));
    }

    internal static async Task<List<EventColumns>> ReadAsync(SourceTableStore store, SourceSchema schema, long afterPosition)
    {
        var batches = new List<EventColumns>();
        await foreach (var batch in store.ReadAsync(schema, afterPosition, Token))
        {
            batches.Add(batch);
        }

        return batches;
    }
}
