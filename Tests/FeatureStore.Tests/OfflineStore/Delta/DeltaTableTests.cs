using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.FeatureStore.Tests.OfflineStore.Delta;

public sealed class DeltaTableTests : IDisposable
{
    private static readonly string Schema = new DeltaSchema([new DeltaColumn("id", "long")]).ToSchemaString();

    private readonly OfflineStoreDirectory _directory = new() { CheckAtEnd = false };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string LogFolder => Path.Combine(_directory.TablePath("t"), "_delta_log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Many_writers_leave_contiguous_versions_and_lose_nothing()
    {
        await CreateAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
            async () =>
            {
                var table = await CreateAsync();
                for (var commit = 0; commit < 25; commit++)
                {
                    await AppendAsync(table, $"w{writer}-{commit}");
                }
            },
            Token)));

        var snapshot = (await CreateAsync()).Snapshot;
        Assert.Equal(200, snapshot.Version);
        Assert.Equal(200, snapshot.Files.Count);
        Assert.Equal(201, Directory.GetFiles(LogFolder, "*.json").Length);
    }

    [Fact]
    public async Task Commit_whose_reply_was_lost_is_recognised_and_not_repeated()
    {
        var storage = new ForgetfulStorage(_directory.Storage("t"));
        var table = await OpenOrCreateAsync(storage);
        storage.Forget = true;

        var snapshot = await AppendAsync(table, "a");

        Assert.Equal(1, snapshot.Version);
        Assert.Single(snapshot.Files);
        Assert.Equal(2, Directory.GetFiles(LogFolder, "*.json").Length);
    }

    [Fact]
    public async Task Same_transaction_committed_by_another_writer_is_a_conflict()
    {
        var table = await CreateAsync();
        var other = await CreateAsync();
        await other.CommitAsync(new DeltaTransaction(other.Snapshot, "WRITE", [Add("a"), new TxnAction("app", 5, 0)], true), Token);

        await Assert.ThrowsAsync<DeltaConflictException>(() =>
            table.CommitAsync(new DeltaTransaction(table.Snapshot, "WRITE", [Add("b"), new TxnAction("app", 5, 0)], true), Token));

        Assert.Equal(5, (await table.RefreshAsync(Token)).TransactionVersion("app"));
        Assert.Single(table.Snapshot.Files);
    }

    [Fact]
    public async Task Compaction_stands_beside_appends_but_not_beside_another_of_the_same_file()
    {
        var table = await CreateAsync();
        await AppendAsync(table, "a");
        var planned = await AppendAsync(table, "b");
        var other = await CreateAsync();
        await AppendAsync(other, "c");

        var compacted = await table.CommitAsync(Compaction(planned, "ab", "a", "b"), Token);
        Assert.Equal(["ab", "c"], compacted.Files.Keys);

        await Assert.ThrowsAsync<DeltaConflictException>(() => other.CommitAsync(Compaction(planned, "ab2", "a", "b"), Token));
        Assert.Equal(["ab", "c"], (await other.RefreshAsync(Token)).Files.Keys);
    }

    [Fact]
    public async Task Append_planned_before_a_change_of_schema_is_refused()
    {
        var table = await CreateAsync();
        var planned = table.Snapshot;
        var wider = new DeltaSchema([new DeltaColumn("id", "long"), new DeltaColumn("x", "double")]).ToSchemaString();
        await table.CommitAsync(new DeltaTransaction(planned, "ADD COLUMNS", [planned.Metadata with { SchemaString = wider }], false), Token);

        await Assert.ThrowsAsync<DeltaConflictException>(() =>
            table.CommitAsync(new DeltaTransaction(planned, "WRITE", [Add("a")], true), Token));
    }

    [Fact]
    public async Task Rewrite_of_rows_is_refused_when_rows_were_added_that_it_has_not_read()
    {
        var table = await CreateAsync();
        var planned = await AppendAsync(table, "a");
        await table.CommitAsync(new DeltaTransaction(planned, "WRITE", [Add("b")], IsBlindAppend: false), Token);

        await Assert.ThrowsAsync<DeltaConflictException>(() =>
            table.CommitAsync(new DeltaTransaction(planned, "DELETE", [Remove("a", dataChange: true), Add("a2")], false), Token));
    }

    [Fact]
    public async Task Rows_of_an_append_only_table_cannot_be_removed()
    {
        var table = await DeltaTable.OpenOrCreateAsync(
            _directory.Storage("t"), _directory.DuckDb, "t", Schema,
            ImmutableSortedDictionary<string, string>.Empty.Add("delta.appendOnly", "true"), TimeProvider.System, Token);
        var snapshot = await AppendAsync(table, "a");

        await Assert.ThrowsAsync<DeltaUnsupportedException>(() =>
            table.CommitAsync(new DeltaTransaction(snapshot, "DELETE", [Remove("a", dataChange: true)], false), Token));
        await table.CommitAsync(Compaction(snapshot, "a2", "a"), Token);
    }

    [Fact]
    public async Task Table_is_the_same_from_a_checkpoint_as_from_the_whole_log()
    {
        var table = await CreateAsync();
        for (var commit = 0; commit < 30; commit++)
        {
            var snapshot = await table.CommitAsync(
                new DeltaTransaction(table.Snapshot, "WRITE", [Add($"f{commit}"), new TxnAction($"app{commit % 3}", commit, 1)], true), Token);
            if (commit % 7 == 6)
            {
                snapshot = await table.CommitAsync(Compaction(snapshot, $"c{commit}", $"f{commit}", $"f{commit - 1}"), Token);
            }

            if (commit == 20)
            {
                await table.WriteCheckpointAsync(snapshot, TimeSpan.FromDays(7), Token);
            }
        }

        var replayed = await new DeltaLog(_directory.Storage("t"), new CheckpointFile(_directory.Storage("t"), _directory.DuckDb)).LoadAsync(Token);
        foreach (var version in Enumerable.Range(0, 20))
        {
            File.Delete(Path.Combine(LogFolder, $"{version:D20}.json"));
        }

        var fromCheckpoint = (await CreateAsync()).Snapshot;
        AssertSame(table.Snapshot, replayed!);
        AssertSame(table.Snapshot, fromCheckpoint);
    }

    [Fact]
    public async Task Earlier_versions_can_be_read()
    {
        var table = await CreateAsync();
        await AppendAsync(table, "a");
        await AppendAsync(table, "b");

        Assert.Empty((await table.AtVersionAsync(0, Token)).Files);
        Assert.Equal(["a"], (await table.AtVersionAsync(1, Token)).Files.Keys);
        Assert.Equal(["a", "b"], (await table.AtVersionAsync(2, Token)).Files.Keys);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => table.AtVersionAsync(3, Token));
    }

    [Fact]
    public async Task Snapshot_that_a_reader_holds_does_not_change()
    {
        var table = await CreateAsync();
        var held = await AppendAsync(table, "a");

        await table.CommitAsync(Compaction(held, "a2", "a"), Token);

        Assert.Equal(["a"], held.Files.Keys);
        Assert.Equal(["a2"], table.Snapshot.Files.Keys);
    }

    [Fact]
    public async Task Hole_in_the_log_is_an_error_and_not_an_older_table()
    {
        var table = await CreateAsync();
        await AppendAsync(table, "a");
        await AppendAsync(table, "b");
        File.Delete(Path.Combine(LogFolder, $"{1:D20}.json"));

        var exception = await Assert.ThrowsAsync<DeltaCorruptException>(CreateAsync);

        Assert.Contains("version 1 is missing", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Torn_line_is_an_error()
    {
        await CreateAsync();
        await File.WriteAllTextAsync(Path.Combine(LogFolder, $"{1:D20}.json"), "{\"add\":{\"path\":\"a\"", Token);

        await Assert.ThrowsAsync<DeltaCorruptException>(CreateAsync);
    }

    [Theory]
    [InlineData("""{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}""", "deletionVectors")]
    [InlineData("""{"protocol":{"minReaderVersion":2,"minWriterVersion":5}}""", "reader version 2")]
    public async Task Table_that_needs_a_newer_reader_is_refused(string action, string expected)
    {
        await CreateAsync();
        await File.WriteAllTextAsync(Path.Combine(LogFolder, $"{1:D20}.json"), action + "\n", Token);

        var exception = await Assert.ThrowsAsync<DeltaUnsupportedException>(CreateAsync);

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Table_that_needs_a_newer_writer_is_read_but_not_written()
    {
        await CreateAsync();
        await File.WriteAllTextAsync(Path.Combine(LogFolder, $"{1:D20}.json"), """{"protocol":{"minReaderVersion":1,"minWriterVersion":4}}""" + "\n", Token);

        var table = await CreateAsync();

        Assert.Equal(1, table.Snapshot.Version);
        await Assert.ThrowsAsync<DeltaUnsupportedException>(() => AppendAsync(table, "a"));
    }

    [Fact]
    public async Task Deletion_vector_is_refused()
    {
        await CreateAsync();
        await File.WriteAllTextAsync(
            Path.Combine(LogFolder, $"{1:D20}.json"),
            """{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"deletionVector":{"storageType":"u"}}}""" + "\n",
            Token);

        await Assert.ThrowsAsync<DeltaUnsupportedException>(CreateAsync);
    }

    [Fact]
    public async Task Unknown_fields_and_actions_and_foreign_statistics_are_ignored()
    {
        await CreateAsync();
        await File.WriteAllTextAsync(
            Path.Combine(LogFolder, $"{1:D20}.json"),
            """
            {"commitInfo":{"someTool":{"a":1}}}
            {"cdc":{"path":"c","size":1}}
            {"add":{"path":"year%253D1/a%20b.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"stats":"{\"stats_json\":\"?\"}","tags":null,"new":[1]}}

            """,
            Token);

        var file = Assert.Single((await CreateAsync()).Snapshot.Files.Values);

        Assert.Equal("year%3D1/a b.parquet", file.RelativePath);
        Assert.Null(file.Statistics.NumRecords);
    }

    [Fact]
    public async Task File_outside_the_table_is_refused()
    {
        var storage = _directory.Storage("t");

        await Assert.ThrowsAsync<DeltaUnsupportedException>(() => storage.GetLocalPathAsync("../../etc/passwd", Token));
    }

    [Fact]
    public async Task Process_that_slept_for_long_finds_a_table_whose_log_was_cleaned_up()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        var sleeper = await OpenOrCreateAsync(_directory.Storage("t"), time);
        var table = await CreateAsync();
        for (var commit = 0; commit < 5; commit++)
        {
            await AppendAsync(table, $"f{commit}");
        }

        await table.WriteCheckpointAsync(table.Snapshot, TimeSpan.FromDays(7), Token);
        foreach (var version in Enumerable.Range(0, 5))
        {
            File.Delete(Path.Combine(LogFolder, $"{version:D20}.json"));
        }

        time.Advance(TimeSpan.FromDays(40));

        Assert.Equal(5, (await sleeper.RefreshAsync(Token)).Version);
    }

    [Theory]
    [InlineData("hole")]
    [InlineData("torn")]
    [InlineData("two actions in a line")]
    [InlineData("size")]
    [InlineData("missing file")]
    [InlineData("rows")]
    [InlineData("bounds")]
    [InlineData("txn backwards")]
    [InlineData("remove of a dead file")]
    [InlineData("name")]
    public async Task Checker_finds_a_planted_fault(string fault)
    {
        var store = _directory.OpenStore();
        for (var batch = 0; batch < 3; batch++)
        {
            await store.AppendAsync(TestEvents.Create((batch * 10) + 1, 10), Token);
        }

        var table = _directory.TablePath("departures");
        Assert.Empty(DeltaProtocolChecker.Check(table));
        var commit = Path.Combine(table, "_delta_log", $"{2:D20}.json");
        var next = Path.Combine(table, "_delta_log", $"{4:D20}.json");
        switch (fault)
        {
            case "hole":
                File.Delete(commit);
                break;
            case "torn":
                await File.WriteAllTextAsync(commit, (await File.ReadAllTextAsync(commit, Token))[..^20], Token);
                break;
            case "two actions in a line":
                await File.WriteAllTextAsync(next, """{"txn":{"appId":"a","version":1},"commitInfo":{}}""" + "\n", Token);
                break;
            case "size":
                await RewriteAddAsync(commit, add => add["size"] = 1);
                break;
            case "missing file":
                File.Delete(Directory.GetFiles(table, "*.parquet")[0]);
                break;
            case "rows":
                await RewriteAddAsync(commit, add => add["stats"] = add["stats"]!.GetValue<string>().Replace("\"numRecords\":10", "\"numRecords\":11", StringComparison.Ordinal));
                break;
            case "bounds":
                await RewriteAddAsync(commit, add => add["stats"] = add["stats"]!.GetValue<string>().Replace("\"position\":20", "\"position\":19", StringComparison.Ordinal));
                break;
            case "txn backwards":
                await File.WriteAllTextAsync(next, """{"txn":{"appId":"departures/events/0/1","version":3}}""" + "\n", Token);
                break;
            case "remove of a dead file":
                await File.WriteAllTextAsync(next, """{"remove":{"path":"x","dataChange":true,"deletionTimestamp":1}}""" + "\n", Token);
                break;
            case "name":
                await File.WriteAllTextAsync(Path.Combine(table, "_delta_log", "4.json"), "", Token);
                break;
        }

        Assert.NotEmpty(DeltaProtocolChecker.Check(table));
    }

    private static async Task RewriteAddAsync(string commit, Action<JsonObject> change)
    {
        var lines = (await File.ReadAllLinesAsync(commit, Token)).Select(line =>
        {
            var action = JsonNode.Parse(line)!;
            if (action["add"] is JsonObject add)
            {
                change(add);
            }

            return action.ToJsonString();
        });
        await File.WriteAllTextAsync(commit, string.Join('\n', lines) + "\n", Token);
    }

    private static void AssertSame(DeltaSnapshot expected, DeltaSnapshot actual)
    {
        Assert.Equal(expected.Version, actual.Version);
        Assert.Equal(expected.Protocol.MinWriterVersion, actual.Protocol.MinWriterVersion);
        Assert.Equal(expected.Metadata.Id, actual.Metadata.Id);
        Assert.Equal(expected.Metadata.SchemaString, actual.Metadata.SchemaString);
        Assert.Equal(expected.Files.Keys, actual.Files.Keys);
        Assert.Equal(expected.Files.Values.Select(file => file.Add.Stats), actual.Files.Values.Select(file => file.Add.Stats));
        Assert.Equal(expected.Files.Values.Select(file => file.Add.Size), actual.Files.Values.Select(file => file.Add.Size));
        Assert.Equal(expected.Tombstones.Keys.Order(), actual.Tombstones.Keys.Order());
        Assert.Equal(expected.Transactions.OrderBy(txn => txn.Key), actual.Transactions.OrderBy(txn => txn.Key));
    }

    private Task<DeltaTable> CreateAsync() => OpenOrCreateAsync(_directory.Storage("t"));

    private Task<DeltaTable> OpenOrCreateAsync(TableStorage storage, TimeProvider? timeProvider = null) => DeltaTable.OpenOrCreateAsync(
        storage, _directory.DuckDb, "t", Schema, ImmutableSortedDictionary<string, string>.Empty, timeProvider ?? TimeProvider.System, Token);

    private static Task<DeltaSnapshot> AppendAsync(DeltaTable table, string path) =>
        table.CommitAsync(new DeltaTransaction(table.Snapshot, "WRITE", [Add(path)], IsBlindAppend: true), Token);

    private static DeltaTransaction Compaction(DeltaSnapshot read, string added, params string[] removed) =>
        new(read, "OPTIMIZE", [.. removed.Select(path => Remove(path, dataChange: false)), Add(added) with { DataChange = false }], IsBlindAppend: false);

    private static AddAction Add(string path) => new(
        path, ImmutableSortedDictionary<string, string?>.Empty, 1, 1_700_000_000_000, true, """{"numRecords":1,"minValues":{"id":1},"maxValues":{"id":1},"nullCount":{"id":0}}""");

    private static RemoveAction Remove(string path, bool dataChange) =>
        new(path, dataChange, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), ImmutableSortedDictionary<string, string?>.Empty, 1);

    /// <summary>Answers "exists" to one put that it made: what a client of an object store sees when a reply was lost and the SDK tried again.</summary>
    private sealed class ForgetfulStorage(TableStorage inner) : TableStorage
    {
        public bool Forget { get; set; }

        public override string Location => inner.Location;

        public override async Task<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
        {
            var put = await inner.PutIfAbsentAsync(path, content, cancellationToken);
            return put && !Forget;
        }

        public override Task<byte[]?> ReadAsync(string path, CancellationToken cancellationToken) => inner.ReadAsync(path, cancellationToken);

        public override Task PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => inner.PutAsync(path, content, cancellationToken);

        public override Task<IReadOnlyList<StoredFile>> ListAsync(string folder, CancellationToken cancellationToken) => inner.ListAsync(folder, cancellationToken);

        public override Task DeleteAsync(string path, CancellationToken cancellationToken) => inner.DeleteAsync(path, cancellationToken);

        public override Task<string> GetLocalPathAsync(string path, CancellationToken cancellationToken) => inner.GetLocalPathAsync(path, cancellationToken);

        public override string PrepareWrite(string path) => inner.PrepareWrite(path);

        public override Task<long> CompleteWriteAsync(string path, CancellationToken cancellationToken) => inner.CompleteWriteAsync(path, cancellationToken);
    }
}
