using System.Globalization;
using System.Text.Json;
using DuckDB.NET.Data;

namespace CloudNativeAi.Benchmarks.FeatureStore;

/// <summary>A Delta table of one file, written by hand where the feature store looks for that of a source: it takes it for its own.</summary>
internal sealed record OfflineTable(string Source, string Parquet)
{
    /// <param name="columns">Name and Delta type of the source's fields.</param>
    /// <param name="select">Gives event_timestamp and the fields for each number <c>i</c> from 0 on.</param>
    public static OfflineTable Write(
        DuckDBConnection duckDb, string dataDirectory, string source, IReadOnlyList<(string Name, string Type)> columns, string select, int rows)
    {
        var folder = Directory.CreateDirectory(Path.Combine(dataDirectory, "offline", source));
        var log = folder.CreateSubdirectory("_delta_log");
        var parquet = Path.Combine(folder.FullName, "part-0.parquet");
        using var command = duckDb.CreateCommand();
        command.CommandText =
            $"""
            COPY (
                SELECT 'e' || (i + 1) AS event_id, event_timestamp, event_timestamp AS created_timestamp, i + 1 AS position, {string.Join(", ", columns.Select(column => column.Name))}
                FROM (SELECT i, {select} FROM range({rows.ToString(CultureInfo.InvariantCulture)}) numbers(i))
            ) TO '{parquet}' (FORMAT parquet, COMPRESSION snappy)
            """;
        command.ExecuteNonQuery();

        (string Name, string Type)[] all =
            [("event_id", "string"), ("event_timestamp", "timestamp"), ("created_timestamp", "timestamp"), ("position", "long"), .. columns];
        var schema = new { type = "struct", fields = all.Select(column => new { name = column.Name, type = column.Type, nullable = true, metadata = new { } }) };
        var statistics = new { numRecords = rows, minValues = new { position = 1 }, maxValues = new { position = rows }, nullCount = new { } };
        object[] actions =
        [
            new { protocol = new { minReaderVersion = 1, minWriterVersion = 2 } },
            new
            {
                metaData = new
                {
                    id = Guid.NewGuid(), format = new { provider = "parquet", options = new { } }, schemaString = JsonSerializer.Serialize(schema),
                    partitionColumns = Array.Empty<string>(), configuration = new { }, createdTime = 0,
                },
            },
            new
            {
                add = new
                {
                    path = "part-0.parquet", partitionValues = new { }, size = new FileInfo(parquet).Length, modificationTime = 0, dataChange = true,
                    stats = JsonSerializer.Serialize(statistics),
                },
            },
            new { txn = new { appId = $"{source}/events/0/1", version = rows } },
        ];
        File.WriteAllLines(Path.Combine(log.FullName, $"{0:D20}.json"), actions.Select(action => JsonSerializer.Serialize(action)));
        return new OfflineTable(source, parquet);
    }
}
