using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Sums the statistics of batches up by the hour in which the log got them, each batch once.</summary>
internal sealed class QualityRollup(NpgsqlDataSource dataSource)
{
    private const int BatchesAtATime = 2_000;

    /// <summary>Sums up the batches of every source.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<int> behind = [];
        await using (var command = dataSource.CreateCommand(
            """
            SELECT h.source_id FROM source_heads h LEFT JOIN quality_progress p USING (source_id)
            WHERE h.head_position > coalesce(p.position, 0) ORDER BY 1
            """))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                behind.Add(reader.GetInt32(0));
            }
        }

        foreach (var sourceId in behind)
        {
            await RunAsync(sourceId, cancellationToken);
        }
    }

    public async Task RunAsync(int sourceId, CancellationToken cancellationToken)
    {
        while (await RunOnceAsync(sourceId, cancellationToken) == BatchesAtATime)
        {
            // More wait.
        }
    }

    private async Task<int> RunOnceAsync(int sourceId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // The row's lock keeps replicas apart; its position moves in the commit that has the sums.
        await ExecuteAsync(connection, "INSERT INTO quality_progress (source_id, position) VALUES ($1, 0) ON CONFLICT DO NOTHING", [sourceId], cancellationToken);
        var position = (long)(await ExecuteAsync(connection, "SELECT position FROM quality_progress WHERE source_id = $1 FOR UPDATE", [sourceId], cancellationToken))!;

        var schemas = await ReadSchemasAsync(connection, sourceId, cancellationToken);
        Dictionary<long, HourSums> hours = [];
        var (batches, last) = await SumAsync(connection, sourceId, position, schemas, hours, cancellationToken);
        if (batches == 0)
        {
            return 0;
        }

        foreach (var (start, sums) in hours.OrderBy(hour => hour.Key))
        {
            await sums.AddAsync(connection, sourceId, start, cancellationToken);
        }

        await ExecuteAsync(connection, "UPDATE quality_progress SET position = $2 WHERE source_id = $1", [sourceId, last], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return batches;
    }

    private static async Task<(int Batches, long LastPosition)> SumAsync(
        NpgsqlConnection connection, int sourceId, long after, Dictionary<int, SourceSchema> schemas, Dictionary<long, HourSums> hours, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT first_position, last_position, schema_version, created_micros, mean_event_micros, min_event_micros, statistics
            FROM event_batches WHERE source_id = $1 AND last_position > $2 ORDER BY last_position LIMIT {BatchesAtATime}
            """,
            connection)
        {
            Parameters = { new() { Value = sourceId }, new() { Value = after } },
        };

        var batches = 0;
        var last = after;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            batches++;
            last = reader.GetInt64(1);
            if (await reader.IsDBNullAsync(4, cancellationToken))
            {
                // From before there were statistics.
                continue;
            }

            var events = last - reader.GetInt64(0) + 1;
            var created = reader.GetInt64(3);
            var start = created - (created % Micros.PerHour);
            if (!hours.TryGetValue(start, out var sums))
            {
                hours[start] = sums = new HourSums();
            }

            sums.Add(
                schemas[reader.GetInt32(2)],
                FieldStatistics.Decode(reader.GetFieldValue<byte[]>(6), events),
                meanLag: created - reader.GetInt64(4),
                maxLag: created - reader.GetInt64(5));
        }

        return (batches, last);
    }

    private static async Task<Dictionary<int, SourceSchema>> ReadSchemasAsync(NpgsqlConnection connection, int sourceId, CancellationToken cancellationToken)
    {
        Dictionary<int, SourceSchema> schemas = [];
        await using var command = new NpgsqlCommand("SELECT version, definition FROM source_versions WHERE source_id = $1", connection);
        command.Parameters.Add(new() { Value = sourceId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            schemas[reader.GetInt32(0)] = new SourceSchema(sourceId, reader.GetInt32(0), SourceCatalog.Parse(reader.GetString(1)));
        }

        return schemas;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
