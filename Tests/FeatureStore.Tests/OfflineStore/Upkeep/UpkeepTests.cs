using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.OfflineStore.Upkeep;
using CloudNativeAi.FeatureStore.Tests.OfflineStore.SourceTables;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.FeatureStore.Tests.OfflineStore.Upkeep;

/// <summary>Every table is held against the protocol when its test ends.</summary>
public sealed class UpkeepTests : IDisposable
{
    private const string Source = "departures";
    private const int BatchRows = 50;

    private readonly OfflineStoreDirectory _directory = new();

    // Files on the disk have the real time.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Small_files_become_one_with_the_same_rows()
    {
        var store = _directory.OpenStore();
        await AppendAsync(store, batches: 20);

        var done = await store.UpkeepAsync(Source, Token);
        var again = await store.UpkeepAsync(Source, Token);

        Assert.Equal(new UpkeepResult(20, 1, 0, 0), done);
        Assert.Equal(default, again);
        Assert.Equal(1, (await store.GetStatusAsync(TestEvents.Schema, Token)).Files);
        TestEvents.AssertSame(Whole(20), EventColumns.Concat(await SourceTableTests.ReadAsync(_directory.OpenStore(), TestEvents.Schema, 0)));
        // The position is of the appends, not of the rows' files: the log goes on where it was.
        Assert.Equal(20 * BatchRows, await _directory.OpenStore().GetLastPositionAsync(TestEvents.Schema, Token));
    }

    [Fact]
    public async Task Fields_that_older_files_lack_stay_null()
    {
        var store = _directory.OpenStore();
        await AppendAsync(store, batches: 4);
        var wider = TestEvents.Schema with { Fields = [.. TestEvents.Schema.Fields, new SchemaField("gate", ValueType.String, true)] };
        for (var batch = 4; batch < 10; batch++)
        {
            await store.AppendAsync(TestEvents.Create((batch * BatchRows) + 1, BatchRows, wider), Token);
        }

        Assert.Equal(10, (await store.UpkeepAsync(Source, Token)).FilesCompacted);

        var gates = EventColumns.Concat(await SourceTableTests.ReadAsync(store, wider, 0)).Fields[^1];
        Assert.All(gates.IsNull[..(4 * BatchRows)], Assert.True);
        Assert.Contains(gates.IsNull[(4 * BatchRows)..], isNull => !isNull);
    }

    [Fact]
    public async Task Appends_and_compactions_of_several_processes_lose_and_double_nothing()
    {
        const int Batches = 60;
        var (writer, otherWriter) = (_directory.OpenStore(), _directory.OpenStore());
        var appending = Task.WhenAll(new[] { writer, otherWriter }.Select(store => Task.Run(() => AppendAsync(store, Batches), Token)));
        SourceTableStore[] keepers = [_directory.OpenStore(), _directory.OpenStore()];

        var compacted = 0;
        while (!appending.IsCompleted)
        {
            var rounds = await Task.WhenAll(keepers.Select(keeper => Task.Run(() => keeper.UpkeepAsync(Source, Token), Token)));
            compacted += rounds.Sum(round => round.FilesCompacted);
        }

        await appending;
        compacted += (await keepers[0].UpkeepAsync(Source, Token)).FilesCompacted;

        Assert.InRange(compacted, 8, int.MaxValue);
        TestEvents.AssertSame(Whole(Batches), EventColumns.Concat(await SourceTableTests.ReadAsync(_directory.OpenStore(), TestEvents.Schema, 0)));
        // What lost a race was thrown away: every file on the disk is in the log.
        var table = await OpenTableAsync();
        var known = table.Snapshot.Files.Values.Select(file => file.RelativePath).Concat(table.Snapshot.Tombstones.Keys).ToHashSet();
        Assert.All(DataFiles(), file => Assert.Contains(file, known));
    }

    [Fact]
    public async Task File_of_a_compaction_that_died_before_its_commit_is_deleted_after_the_retention_and_no_sooner()
    {
        await AppendAsync(_directory.OpenStore(), batches: 10);
        var table = await OpenTableAsync();
        var compaction = new TableCompaction(table, _directory.DuckDb, _directory.Options, _time);
        var orphan = await compaction.WriteAsync(table.Snapshot, Assert.Single(CompactionPlan.For(table.Snapshot, _directory.Options)), Token);
        await File.WriteAllTextAsync(Path.Combine(_directory.TablePath(Source), "_delta_log", ".0123.tmp"), "{\"add\":{", Token);
        await File.WriteAllTextAsync(Path.Combine(_directory.TablePath(Source), "_of_another_tool"), "", Token);
        var vacuum = new TableVacuum(table, _directory.Options, _time);

        _time.Advance(_directory.Options.DeletedFileRetention - TimeSpan.FromHours(1));
        Assert.Empty(await vacuum.RunAsync(Token));
        _time.Advance(TimeSpan.FromHours(2));
        var planned = await vacuum.PlanAsync(Token);
        Assert.Equal(planned, await vacuum.RunAsync(Token));

        Assert.Equal([("_delta_log/.0123.tmp", "temporary"), (orphan.Path, "never committed")], planned.Select(file => (file.Path, file.Reason)));
        Assert.Equal(orphan.SizeBytes, planned[1].SizeBytes);
        Assert.Empty(await vacuum.RunAsync(Token));
        Assert.True(File.Exists(Path.Combine(_directory.TablePath(Source), "_of_another_tool")));
        TestEvents.AssertSame(Whole(10), EventColumns.Concat(await SourceTableTests.ReadAsync(_directory.OpenStore(), TestEvents.Schema, 0)));
    }

    [Fact]
    public async Task Reader_of_an_older_snapshot_reads_on_until_the_retention_is_over()
    {
        var store = _directory.OpenStore(_time);
        await AppendAsync(store, batches: 200);
        var held = await store.SnapshotAsync(TestEvents.Schema, Token);
        await using var reading = held.Reader.ReadAsync(0, Token).GetAsyncEnumerator(Token);
        Assert.True(await reading.MoveNextAsync());
        var rows = reading.Current.Count;

        await store.UpkeepAsync(Source, Token);
        _time.Advance(TimeSpan.FromDays(6));
        Assert.Equal(0, (await store.UpkeepAsync(Source, Token)).FilesVacuumed);
        while (await reading.MoveNextAsync())
        {
            rows += reading.Current.Count;
        }

        Assert.Equal(200 * BatchRows, rows);
        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(200, (await store.UpkeepAsync(Source, Token)).FilesVacuumed);
        Assert.Equal(200 * BatchRows, (await SourceTableTests.ReadAsync(store, TestEvents.Schema, 0)).Sum(batch => batch.Count));
    }

    [Fact]
    public async Task Log_before_an_old_checkpoint_is_deleted_and_the_table_is_the_same()
    {
        var store = _directory.OpenStore(_time);
        await AppendAsync(store, batches: 35);
        var before = (await OpenTableAsync()).Snapshot;

        Assert.Equal(0, await CleanUpAsync());
        _time.Advance(_directory.Options.LogRetention + TimeSpan.FromHours(1));
        // Versions 0 to 29, and the checkpoints at 10 and 20.
        Assert.Equal(32, await CleanUpAsync());
        Assert.Equal(0, await CleanUpAsync());

        var after = (await OpenTableAsync()).Snapshot;
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(before.Files.Keys, after.Files.Keys);
        Assert.Equal(before.Transactions, after.Transactions);
        TestEvents.AssertSame(Whole(35), EventColumns.Concat(await SourceTableTests.ReadAsync(_directory.OpenStore(), TestEvents.Schema, 0)));
        await _directory.OpenStore().AppendAsync(TestEvents.Create((35 * BatchRows) + 1, BatchRows), Token);

        async Task<int> CleanUpAsync() => await new LogCleanup(await OpenTableAsync(), _directory.Options, _time).RunAsync(Token);
    }

    [Fact]
    public async Task Writer_that_was_frozen_while_the_log_was_cleaned_up_commits_nothing()
    {
        var store = _directory.OpenStore(_time);
        await AppendAsync(store, batches: 3);
        var frozen = await OpenTableAsync();
        var planned = frozen.Snapshot;
        for (var batch = 3; batch < 25; batch++)
        {
            await store.AppendAsync(TestEvents.Create((batch * BatchRows) + 1, BatchRows), Token);
        }

        _time.Advance(_directory.Options.LogRetention + TimeSpan.FromHours(1));
        await new LogCleanup(await OpenTableAsync(), _directory.Options, _time).RunAsync(Token);

        await Assert.ThrowsAsync<DeltaConflictException>(() =>
            frozen.CommitAsync(new DeltaTransaction(planned, "WRITE", [new TxnAction("another", 1, 0)], IsBlindAppend: true), Token));

        Assert.False(File.Exists(Path.Combine(_directory.TablePath(Source), "_delta_log", $"{planned.Version + 1:D20}.json")));
    }

    [Fact]
    public async Task Compaction_planned_before_a_change_of_schema_is_thrown_away()
    {
        var store = _directory.OpenStore();
        await AppendAsync(store, batches: 10);
        var table = await OpenTableAsync();
        var planned = table.Snapshot;
        var run = Assert.Single(CompactionPlan.For(planned, _directory.Options));
        var compaction = new TableCompaction(table, _directory.DuckDb, _directory.Options, _time);
        var file = await compaction.WriteAsync(planned, run, Token);
        var wider = TestEvents.Schema with { Fields = [.. TestEvents.Schema.Fields, new SchemaField("gate", ValueType.String, true)] };
        await store.AppendAsync(TestEvents.Create((10 * BatchRows) + 1, BatchRows, wider), Token);

        await Assert.ThrowsAsync<DeltaConflictException>(() => compaction.CommitAsync(planned, run, file, Token));

        Assert.Equal(11, (await store.GetStatusAsync(TestEvents.Schema, Token)).Files);
        await table.Storage.DeleteAsync(file.Path, Token);
    }

    [Fact]
    public async Task Row_is_rewritten_a_logarithmic_number_of_times()
    {
        var store = _directory.OpenStore();
        var rewritten = 0L;
        for (var round = 0; round < 30; round++)
        {
            for (var batch = round * 8; batch < (round + 1) * 8; batch++)
            {
                await store.AppendAsync(TestEvents.Create((batch * BatchRows) + 1, BatchRows), Token);
            }

            var snapshot = (await OpenTableAsync()).Snapshot;
            rewritten += CompactionPlan.For(snapshot, _directory.Options).Sum(run => run.Sum(file => file.Statistics.NumRecords!.Value));
            await store.UpkeepAsync(Source, Token);
        }

        // All of it at every round would be 15 times.
        Assert.InRange(rewritten, 0, 6 * 30 * 8 * BatchRows);
        Assert.InRange((await store.GetStatusAsync(TestEvents.Schema, Token)).Files, 1, 16);
    }

    private static Task AppendAsync(SourceTableStore store, int batches) => Enumerable.Range(0, batches).Aggregate(
        Task.CompletedTask,
        async (before, batch) =>
        {
            await before;
            await store.AppendAsync(TestEvents.Create((batch * BatchRows) + 1, BatchRows), Token);
        });

    private static EventColumns Whole(int batches) =>
        EventColumns.Concat([.. Enumerable.Range(0, batches).Select(batch => TestEvents.Create((batch * BatchRows) + 1, BatchRows))]);

    private async Task<DeltaTable> OpenTableAsync() => (await DeltaTable.OpenAsync(_directory.Storage(Source), _directory.DuckDb, _time, Token))!;

    private IEnumerable<string> DataFiles() => Directory.EnumerateFiles(_directory.TablePath(Source), "*.parquet").Select(file => Path.GetFileName(file)!);
}
