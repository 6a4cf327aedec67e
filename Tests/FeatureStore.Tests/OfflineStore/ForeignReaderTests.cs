using System.Globalization;
using System.Text.Json;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.Tests.OfflineStore.SourceTables;
using CloudNativeAi.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.FeatureStore.Tests.OfflineStore;

/// <summary>
/// The offline store read by programs that share nothing with its writer: one replays the log itself and reads Parquet with hyparquet, the
/// other is ClickHouse's engine with the Delta kernel in it.
/// </summary>
public sealed class ForeignReaderTests : IDisposable
{
    private const string Source = "departures";
    private const int BatchRows = 50;

    private static readonly SourceSchema Wider =
        TestEvents.Schema with { Fields = [.. TestEvents.Schema.Fields, new SchemaField("gate", ValueType.String, true)] };

    private readonly OfflineStoreDirectory _directory = new();

    // Files on the disk have the real time.
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_type_is_read_as_it_was_written_to_the_last_bit()
    {
        var store = _directory.OpenStore();
        var events = WithExtremes(TestEvents.Create(1, 500));
        await store.AppendAsync(events, Token);

        var read = await ReadAsync();

        Assert.Equal(
            ["event_id string", "event_timestamp timestamp", "created_timestamp timestamp", "position long", "origin string", "dep_delay double",
             "distance long", "cancelled boolean", "scheduled timestamp", "Position_field long"],
            read.Columns);
        Assert.Equal(500, Assert.Single(read.Transactions).Value);
        AssertSame(RowsOf(events), read.Rows);
        AssertSame(RowsOf(await StoredAsync(TestEvents.Schema)), read.Rows);
    }

    [Fact]
    public async Task Table_is_the_same_over_checkpoints_compaction_vacuum_and_clean_up_of_the_log()
    {
        var store = _directory.OpenStore(_time);
        await AppendAsync(store, TestEvents.Schema, from: 0, batches: 12);
        // From here on the files have one more column.
        await AppendAsync(store, Wider, from: 12, batches: 11);
        var expected = RowsOf(await StoredAsync(Wider));

        var appended = await ReadAsync();
        Assert.Equal((24, 20, 23), (appended.Version, appended.Checkpoint, appended.Files));
        Assert.Equal("gate string", appended.Columns[^1]);
        AssertSame(expected, appended.Rows);
        Assert.All(appended.Rows[..(12 * BatchRows)], row => Assert.Null(row[^1]));

        Assert.Equal(23, (await store.UpkeepAsync(Source, Token)).FilesCompacted);
        var compacted = await ReadAsync();
        Assert.Equal((25, 1), (compacted.Version, compacted.Files));
        AssertSame(expected, compacted.Rows);

        _time.Advance(_directory.Options.LogRetention + TimeSpan.FromHours(1));
        var upkeep = await store.UpkeepAsync(Source, Token);
        Assert.Equal(23, upkeep.FilesVacuumed);
        Assert.NotEqual(0, upkeep.LogFilesDeleted);
        await AppendAsync(store, Wider, from: 23, batches: 1);
        var vacuumed = await ReadAsync();
        Assert.Equal((26, 2), (vacuumed.Version, vacuumed.Files));
        Assert.Equal(24 * BatchRows, Assert.Single(vacuumed.Transactions).Value);
        AssertSame(RowsOf(await StoredAsync(Wider)), vacuumed.Rows);
    }

    [Fact]
    public async Task Older_version_has_the_rows_it_had_until_its_files_are_vacuumed()
    {
        var store = _directory.OpenStore(_time);
        await AppendAsync(store, TestEvents.Schema, from: 0, batches: 15);
        await store.UpkeepAsync(Source, Token);
        await AppendAsync(store, TestEvents.Schema, from: 15, batches: 1);
        var all = RowsOf(await StoredAsync(TestEvents.Schema));

        // Version 0 is the table itself, so version n has n batches; 16 is the compaction.
        foreach (var (version, batches) in new[] { (0, 0), (1, 1), (9, 9), (10, 10), (14, 14), (15, 15), (16, 15), (17, 16) })
        {
            var read = await ReadAsync(version);

            Assert.Equal(version, read.Version);
            Assert.Equal(version >= 10 ? 10 : -1, read.Checkpoint);
            AssertSame(all[..(batches * BatchRows)], read.Rows);
        }

        _time.Advance(_directory.Options.DeletedFileRetention + TimeSpan.FromHours(1));
        Assert.Equal(15, (await store.UpkeepAsync(Source, Token)).FilesVacuumed);
        AssertSame(all, (await ReadAsync(17)).Rows);
        using var vacuumed = JsonDocument.Parse((await RunAsync("delta.mjs", 15))[0]);
        Assert.Contains("of version 15 is gone", vacuumed.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delta_kernel_reads_the_same_rows_of_every_version()
    {
        var store = _directory.OpenStore();
        await store.AppendAsync(WithExtremes(TestEvents.Create(1, BatchRows)), Token);
        await AppendAsync(store, TestEvents.Schema, from: 1, batches: 7);
        await AppendAsync(store, Wider, from: 8, batches: 4);
        await store.UpkeepAsync(Source, Token);
        await AppendAsync(store, Wider, from: 12, batches: 1);
        var all = RowsOf(await StoredAsync(Wider));

        // Version 9 is the new column, 14 the compaction.
        foreach (var (version, batches) in new (int?, int)[] { (null, 13), (14, 12), (13, 12), (10, 9), (8, 8), (1, 1) })
        {
            var lines = await RunAsync("chdb.mjs", version);

            using var header = JsonDocument.Parse(lines[0]);
            Assert.Equal(version < 9 ? 10 : 11, header.RootElement.GetProperty("columns").GetArrayLength());
            AssertSame([.. all[..(batches * BatchRows)].Select(row => version < 9 ? row[..10] : row)], RowsOf(lines[1..]));
        }
    }

    private string Table => _directory.TablePath(Source);

    private static Task AppendAsync(SourceTableStore store, SourceSchema schema, int from, int batches) =>
        Enumerable.Range(from, batches).Aggregate(
            Task.CompletedTask,
            async (before, batch) =>
            {
                await before;
                await store.AppendAsync(TestEvents.Create((batch * BatchRows) + 1, BatchRows, schema), Token);
            });

    private async Task<EventColumns> StoredAsync(SourceSchema schema) => EventColumns.Concat(await SourceTableTests.ReadAsync(_directory.OpenStore(), schema, 0));

    private async Task<ForeignTable> ReadAsync(int? version = null)
    {
        var lines = await RunAsync("delta.mjs", version);
        using var header = JsonDocument.Parse(lines[0]);
        return new ForeignTable(
            header.RootElement.GetProperty("version").GetInt32(),
            header.RootElement.GetProperty("checkpoint").GetInt32(),
            header.RootElement.GetProperty("files").GetInt32(),
            [.. header.RootElement.GetProperty("columns").EnumerateArray().Select(column => $"{column[0]} {column[1]}")],
            header.RootElement.GetProperty("transactions").Deserialize<Dictionary<string, long>>()!,
            RowsOf(lines[1..]));
    }

    // By position.
    private static string?[][] RowsOf(string[] lines) =>
        [.. lines.Select(line => JsonSerializer.Deserialize<string?[]>(line)!).OrderBy(row => long.Parse(row[3]!, CultureInfo.InvariantCulture))];

    private async Task<string[]> RunAsync(string script, int? version)
    {
        string[] arguments = version is { } number ? [Table, Text(number)] : [Table];
        return (await ForeignProgram.RunAsync("FeatureStore.Tests", "node", script, arguments)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    // As the scripts write them.
    private static string?[][] RowsOf(EventColumns events) =>
    [
        .. Enumerable.Range(0, events.Count).Select(row => (string?[])
        [
            events.EventIds[row], Text(events.EventTimestamps[row]), Text(events.CreatedTimestamps[row]), Text(events.Positions[row]),
            .. events.Fields.Select(field => field.IsNull[row] ? null : field.Type switch
            {
                ValueType.String => field.Strings[row],
                ValueType.Double => BitConverter.DoubleToUInt64Bits(field.Doubles[row]).ToString("x16", CultureInfo.InvariantCulture),
                ValueType.Bool => field.Bools[row] ? "true" : "false",
                _ => Text(field.Int64s[row]),
            }),
        ]),
    ];

    private static void AssertSame(string?[][] expected, string?[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), row => Assert.Equal(row.First, row.Second));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    // What is most easily lost: the ends of the ranges, signs of zero, the smallest double, text without characters and with some of every
    // length in UTF-8. U+0000 never comes: Ingestion refuses it.
    private static EventColumns WithExtremes(EventColumns events)
    {
        double[] doubles = [double.MaxValue, double.MinValue, double.Epsilon, -0.0, 0.0, double.PositiveInfinity, double.NegativeInfinity, 0.1 + 0.2];
        long[] integers = [long.MaxValue, long.MinValue, 0, -1, (1L << 53) + 1, 1];
        long[] instants = [0, -1, 1, 253_402_300_799_999_999, -62_135_596_800_000_000];
        string[] texts = ["", "\u0001", "a\nb\tc", "\"'\\", "é", "水", "𝄞", new string('x', 10_000)];
        foreach (var field in events.Fields)
        {
            for (var row = 0; row < doubles.Length; row++)
            {
                field.IsNull[row] = false;
                switch (field.Type)
                {
                    case ValueType.Double:
                        field.Doubles[row] = doubles[row];
                        break;
                    case ValueType.String:
                        field.Strings[row] = texts[row];
                        break;
                    case ValueType.Int64:
                        field.Int64s[row] = integers[row % integers.Length];
                        break;
                    case ValueType.Timestamp:
                        field.Int64s[row] = instants[row % instants.Length];
                        break;
                }
            }
        }

        return events;
    }

    /// <param name="Checkpoint">The version of the checkpoint it was built from; -1 when it was built from commits alone.</param>
    /// <param name="Rows">By position.</param>
    private sealed record ForeignTable(
        int Version, int Checkpoint, int Files, IReadOnlyList<string> Columns, IReadOnlyDictionary<string, long> Transactions, string?[][] Rows);
}
