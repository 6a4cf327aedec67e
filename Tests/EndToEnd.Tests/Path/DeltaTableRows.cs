using System.Globalization;
using System.Text.Json;
using DuckDB.NET.Data;

namespace CloudNativeAi.EndToEnd.Tests.Path;

/// <summary>
/// Counts the rows of a Delta table as any other reader would: the files that the log adds and does not remove. It shares no code
/// with the writer. Source: Delta transaction log protocol, "Action reconciliation".
/// </summary>
internal static class DeltaTableRows
{
    /// <returns>Rows, and how many different event ids they have.</returns>
    public static async Task<(long Rows, long EventIds)> CountAsync(string table, CancellationToken cancellationToken)
    {
        var files = new HashSet<string>(StringComparer.Ordinal);
        var log = Directory.GetFiles(System.IO.Path.Combine(table, "_delta_log"), "*.json").Order(StringComparer.Ordinal).ToList();
        for (var version = 0; version < log.Count; version++)
        {
            // Every version must be there: without the first ones the count would come from a checkpoint that is not read here.
            Assert.Equal(version, long.Parse(System.IO.Path.GetFileNameWithoutExtension(log[version]), CultureInfo.InvariantCulture));
            foreach (var line in await File.ReadAllLinesAsync(log[version], cancellationToken))
            {
                using var action = JsonDocument.Parse(line);
                if (action.RootElement.TryGetProperty("add", out var add))
                {
                    files.Add(Uri.UnescapeDataString(add.GetProperty("path").GetString()!));
                }
                else if (action.RootElement.TryGetProperty("remove", out var remove))
                {
                    files.Remove(Uri.UnescapeDataString(remove.GetProperty("path").GetString()!));
                }
            }
        }

        return files.Count == 0 ? (0, 0) : await CountAsync(files.Select(file => System.IO.Path.Combine(table, file)), cancellationToken);
    }

    private static async Task<(long Rows, long EventIds)> CountAsync(IEnumerable<string> files, CancellationToken cancellationToken)
    {
        await using var connection = new DuckDBConnection("DataSource=:memory:");
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var list = string.Join(", ", files.Select(file => $"'{file.Replace("'", "''", StringComparison.Ordinal)}'"));
        command.CommandText = $"SELECT count(*), count(DISTINCT event_id) FROM read_parquet([{list}])";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Assert.True(await reader.ReadAsync(cancellationToken));
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
