using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.ModelVersions;
using Google.Protobuf.Collections;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.Experiments;

/// <summary>Training runs: what went in (parameters, written once), what came out (metrics by step), and how it ended.</summary>
internal sealed class RunStore(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const string SelectRun = """
        SELECT r.run_id, r.experiment, r.run_name, r.status, r.started_micros, r.ended_micros,
               ARRAY(SELECT key FROM run_parameters p WHERE p.run_id = r.run_id ORDER BY key),
               ARRAY(SELECT value FROM run_parameters p WHERE p.run_id = r.run_id ORDER BY key),
               ARRAY(SELECT key FROM run_tags t WHERE t.run_id = r.run_id ORDER BY key),
               ARRAY(SELECT value FROM run_tags t WHERE t.run_id = r.run_id ORDER BY key),
               ARRAY(SELECT DISTINCT key FROM run_metrics m WHERE m.run_id = r.run_id ORDER BY key),
               ARRAY(SELECT value FROM (SELECT DISTINCT ON (key) key, value FROM run_metrics m WHERE m.run_id = r.run_id
                                        ORDER BY key, step DESC, timestamp_micros DESC) AS latest ORDER BY key)
        FROM runs r
        """;

    public async Task<Run> CreateAsync(CreateRunRequest request, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        var runId = Guid.CreateVersion7().ToString("N");
        await using (var insert = new NpgsqlCommand("""
            INSERT INTO runs (run_id, experiment, run_name, status, started_micros, idempotency_key) VALUES ($1, $2, $3, $4, $5, NULLIF($6, ''))
            ON CONFLICT (experiment, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
            """, connection))
        {
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = runId });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.Experiment });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.RunName.Length > 0 ? request.RunName : runId });
            insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)RunStatus.Running });
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = timeProvider.UnixMicroseconds() });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = request.IdempotencyKey });
            if (await insert.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                var same = await QueryAsync(connection, $"{SelectRun} WHERE r.experiment = $1 AND r.idempotency_key = $2", cancellationToken, request.Experiment, request.IdempotencyKey);
                return same[0];
            }
        }

        await AddParametersAsync(connection, runId, request.Parameters, cancellationToken);
        await SetTagsAsync(connection, runId, request.Tags, cancellationToken);
        var created = await QueryAsync(connection, $"{SelectRun} WHERE r.run_id = $1", cancellationToken, runId);
        await transaction.CommitAsync(cancellationToken);
        return created[0];
    }

    public async Task<Run?> FindAsync(string runId, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var found = await QueryAsync(connection, $"{SelectRun} WHERE r.run_id = $1", cancellationToken, runId);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Newest first; an empty experiment means all.</summary>
    public async Task<IReadOnlyList<Run>> ListAsync(string experiment, int count, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(
            connection, $"{SelectRun} WHERE $1 = '' OR r.experiment = $1 ORDER BY r.started_micros DESC, r.run_id DESC LIMIT $2::int", cancellationToken,
            experiment, count);
    }

    /// <summary>All of it or nothing. The conflict names a parameter that already has another value.</summary>
    public async Task<(bool Found, string? ConflictingParameter)> LogAsync(LogRunRequest request, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await LockAsync(connection, request.RunId, cancellationToken))
        {
            return (false, null);
        }

        if (await AddParametersAsync(connection, request.RunId, request.Parameters, cancellationToken) is { } conflict)
        {
            return (true, conflict);
        }

        await SetTagsAsync(connection, request.RunId, request.Tags, cancellationToken);
        await AddMetricsAsync(connection, request.RunId, request.Metrics, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (true, null);
    }

    /// <summary>The run, or null; a run that has ended keeps its status and end.</summary>
    public async Task<Run?> FinishAsync(string runId, RunStatus status, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using (var update = new NpgsqlCommand("UPDATE runs SET status = $2, ended_micros = $3 WHERE run_id = $1 AND status = $4", connection))
        {
            update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = runId });
            update.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)status });
            update.Parameters.Add(new NpgsqlParameter<long> { TypedValue = timeProvider.UnixMicroseconds() });
            update.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)RunStatus.Running });
            await update.ExecuteNonQueryAsync(cancellationToken);
        }

        var found = await QueryAsync(connection, $"{SelectRun} WHERE r.run_id = $1", cancellationToken, runId);
        return found.Count == 0 ? null : found[0];
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, string runId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM runs WHERE run_id = $1 FOR UPDATE", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = runId });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static async Task<string?> AddParametersAsync(
        NpgsqlConnection connection, string runId, MapField<string, string> parameters, CancellationToken cancellationToken)
    {
        if (parameters.Count == 0)
        {
            return null;
        }

        await using (var insert = new NpgsqlCommand(
            "INSERT INTO run_parameters SELECT $1, key, value FROM unnest($2::text[], $3::text[]) AS p (key, value) ON CONFLICT DO NOTHING", connection))
        {
            AddPairs(insert, runId, parameters);
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var compare = new NpgsqlCommand("""
            SELECT p.key FROM unnest($2::text[], $3::text[]) AS p (key, value)
            JOIN run_parameters stored ON stored.run_id = $1 AND stored.key = p.key WHERE stored.value <> p.value LIMIT 1
            """, connection);
        AddPairs(compare, runId, parameters);
        return (string?)await compare.ExecuteScalarAsync(cancellationToken);
    }

    private static async Task SetTagsAsync(NpgsqlConnection connection, string runId, MapField<string, string> tags, CancellationToken cancellationToken)
    {
        if (tags.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand("""
            INSERT INTO run_tags SELECT $1, key, value FROM unnest($2::text[], $3::text[]) AS t (key, value)
            ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value
            """, connection);
        AddPairs(command, runId, tags);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task AddMetricsAsync(NpgsqlConnection connection, string runId, RepeatedField<Metric> metrics, CancellationToken cancellationToken)
    {
        if (metrics.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand("""
            INSERT INTO run_metrics (run_id, key, step, timestamp_micros, value)
            SELECT $1, key, step, at, value FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::double precision[]) AS m (key, step, at, value)
            ON CONFLICT DO NOTHING
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = runId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. metrics.Select(metric => metric.Key)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. metrics.Select(metric => metric.Step)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. metrics.Select(metric => metric.TimestampMicros)] });
        command.Parameters.Add(new NpgsqlParameter<double[]> { TypedValue = [.. metrics.Select(metric => metric.Value)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddPairs(NpgsqlCommand command, string runId, MapField<string, string> pairs)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = runId });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. pairs.Keys] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. pairs.Values] });
    }

    private static async Task<IReadOnlyList<Run>> QueryAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        var runs = new List<Run>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            runs.Add(Read(reader));
        }

        return runs;
    }

    private static Run Read(NpgsqlDataReader reader)
    {
        var run = new Run
        {
            RunId = reader.GetString(0),
            Experiment = reader.GetString(1),
            RunName = reader.GetString(2),
            Status = (RunStatus)reader.GetInt32(3),
            StartedMicros = reader.GetInt64(4),
            EndedMicros = reader.GetInt64(5),
        };
        AddAll(run.Parameters, reader.GetFieldValue<string[]>(6), reader.GetFieldValue<string[]>(7));
        AddAll(run.Tags, reader.GetFieldValue<string[]>(8), reader.GetFieldValue<string[]>(9));
        AddAll(run.Metrics, reader.GetFieldValue<string[]>(10), reader.GetFieldValue<double[]>(11));
        return run;
    }

    private static void AddAll<TValue>(IDictionary<string, TValue> map, string[] keys, TValue[] values)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            map.Add(keys[i], values[i]);
        }
    }
}
