using DuckDB.NET.Data;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>A Parquet file, read by DuckDB page by page: memory is bounded whatever the size of its row groups.</summary>
internal static class ParquetBody
{
    /// <param name="path">The file. A body must be spooled first: Parquet's directory is at its end.</param>
    /// <param name="firstRow">Rows before it are passed over.</param>
    /// <param name="memoryLimitBytes">Of DuckDB, outside of the managed heap.</param>
    public static async Task<MalformedBody?> ReadAsync(
        string path, Upload upload, long firstRow, long memoryLimitBytes, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = Open(path, memoryLimitBytes);
            var described = Describe(connection, path);
            if (SourceColumns.Match(upload.Schema, [.. described.Select(column => column.Name)], out var fault) is not { } fields)
            {
                return new MalformedBody(0, 0, fault);
            }

            List<ParquetColumn> columns = [];
            foreach (var (field, type) in fields.Zip(described, (field, column) => (field, column.Type)))
            {
                if (ParquetColumn.From(field, type) is not { } column)
                {
                    return new MalformedBody(0, 0, $"column '{field.Name}' is {type}, which no field of a source can be");
                }

                columns.Add(column);
            }

            await ReadAsync(connection, path, [.. columns], upload, firstRow, cancellationToken);
            return null;
        }
        catch (DuckDBException exception)
        {
            return new MalformedBody(0, upload.Received, $"the Parquet file cannot be read: {FirstLine(exception.Message.Replace(path, "body", StringComparison.Ordinal))}");
        }
    }

    private static async Task ReadAsync(
        DuckDBConnection connection, string path, ParquetColumn[] columns, Upload upload, long firstRow, CancellationToken cancellationToken)
    {
        using var rows = new ParquetRows(columns);
        await using var command = connection.CreateCommand();
        command.UseStreamingMode = true;
        command.CommandText = $"""
            SELECT {string.Join(", ", columns.Select(column => column.Sql))}
            FROM read_parquet({Text(path)}, binary_as_string = true, file_row_number = true) WHERE file_row_number >= {firstRow}
            """;

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            upload.Place = new UploadPlace(firstRow++ + 1, 0);
            await upload.AddAsync(rows.ToJson(reader), default, 0, default, 0, cancellationToken);
        }
    }

    // The file is somebody else's: DuckDB may read it and nothing besides, and may not load anything.
    private static DuckDBConnection Open(string path, long memoryLimitBytes)
    {
        var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            SET threads = 1;
            SET memory_limit = '{memoryLimitBytes}B';
            SET temp_directory = '';
            SET TimeZone = 'UTC';
            SET autoinstall_known_extensions = false;
            SET allowed_paths = [{Text(path)}];
            SET enable_external_access = false;
            SET lock_configuration = true;
            """;
        command.ExecuteNonQuery();
        return connection;
    }

    private static List<(string Name, string Type)> Describe(DuckDBConnection connection, string path)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"DESCRIBE SELECT * FROM read_parquet({Text(path)}, binary_as_string = true)";
        using var reader = command.ExecuteReader();
        List<(string, string)> columns = [];
        while (reader.Read())
        {
            columns.Add((reader.GetString(0), reader.GetString(1)));
        }

        return columns;
    }

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string FirstLine(string message) => message.Split('\n')[0];
}
