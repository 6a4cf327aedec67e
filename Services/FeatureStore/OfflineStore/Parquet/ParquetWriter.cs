using System.Collections;
using CloudNativeAi.FeatureStore.OfflineStore.Delta;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.OfflineStore.Parquet;

/// <summary>A data file that lies durably in a table's folder but is not yet part of the table.</summary>
internal sealed record WrittenFile(string Path, long Rows, long SizeBytes, string Statistics);

/// <summary>Writes Delta data files with DuckDB: what a query gives, in its order.</summary>
internal static class ParquetWriter
{
    private const string Format = "FORMAT parquet, COMPRESSION snappy, RETURN_STATS";

    /// <summary>Writes the rows of a query whose columns are those of the schema; blocks.</summary>
    /// <returns>Rows and the statistics of every column.</returns>
    public static (long Rows, string Statistics) Write(
        DuckDBConnection connection, string query, DeltaSchema schema, string localPath, CancellationToken cancellationToken)
    {
        long rows = 0;
        var statistics = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        connection.Query(
            $"COPY ({query}) TO {Sql.Text(localPath)} ({Format})",
            reader =>
            {
                rows = Convert.ToInt64(reader.GetValue(reader.GetOrdinal("count")), null);
                foreach (DictionaryEntry column in (IDictionary)reader.GetValue(reader.GetOrdinal("column_statistics")))
                {
                    statistics[Unquote((string)column.Key)] = Entries((IDictionary)column.Value!);
                }
            },
            cancellationToken);
        return (rows, StatisticsJson.Write(schema, rows, statistics));
    }

    /// <summary>The SQL type a Delta column is kept in. Timestamps are instants: INT64 microseconds adjusted to UTC in the file.</summary>
    public static string SqlType(string deltaType) => deltaType switch
    {
        "string" => "VARCHAR",
        "long" => "BIGINT",
        "double" => "DOUBLE",
        "boolean" => "BOOLEAN",
        "timestamp" => "TIMESTAMPTZ",
        _ => throw new DeltaUnsupportedException($"The Delta type '{deltaType}' is not used in the tables of this program."),
    };

    private static Dictionary<string, string> Entries(IDictionary map)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in map)
        {
            if (entry.Value is string value)
            {
                entries[(string)entry.Key] = value;
            }
        }

        return entries;
    }

    private static string Unquote(string name) =>
        name.Length >= 2 && name[0] == '"' && name[^1] == '"' ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;
}
