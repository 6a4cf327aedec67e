using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Rules, the state of each, and what was measured for them.</summary>
internal sealed class QualityRuleStore(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const int MaxAlerts = 10_000;

    /// <summary>Replaces the rules; one that stays as it is keeps its state and its series.</summary>
    public async Task PutAsync(int sourceId, IReadOnlyCollection<QualityRule> rules, CancellationToken cancellationToken)
    {
        object[] columns =
        [
            rules.Select(rule => rule.Name).ToArray(),
            rules.Select(rule => (short)rule.Check).ToArray(),
            rules.Select(rule => rule.Field).ToArray(),
            rules.Select(rule => rule.Bound).ToArray(),
            rules.Select(QualityRules.Window).ToArray(),
        ];
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Of two who change the rules of a source at the same time, the second comes second.
        await ExecuteAsync(connection, "SELECT 1 FROM sources WHERE source_id = $1 FOR UPDATE", [sourceId], cancellationToken);
        await ExecuteAsync(
            connection,
            """
            DELETE FROM quality_rules q WHERE source_id = $1 AND NOT EXISTS (
                SELECT 1 FROM unnest($2, $3, $4, $5, $6) AS r (name, check_kind, field, bound, window_micros)
                WHERE r.name = q.name AND r.check_kind = q.check_kind AND r.field = q.field AND r.bound = q.bound AND r.window_micros = q.window_micros)
            """,
            [sourceId, .. columns],
            cancellationToken);
        await ExecuteAsync(
            connection,
            """
            INSERT INTO quality_rules (source_id, name, check_kind, field, bound, window_micros, since_micros)
            SELECT $1, r.*, $7 FROM unnest($2, $3, $4, $5, $6) AS r ON CONFLICT DO NOTHING
            """,
            [sourceId, .. columns, timeProvider.GetUtcNow().ToMicros()],
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <param name="sourceId">Null: of all sources.</param>
    public async Task<ListQualityAlertsResponse> ListAsync(int? sourceId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            SELECT s.name, q.name, q.check_kind, q.field, q.bound, q.window_micros, q.state, q.value, q.since_micros, q.evaluated_micros
            FROM quality_rules q JOIN sources s USING (source_id) WHERE $1 IS NULL OR q.source_id = $1
            ORDER BY q.state DESC, s.name, q.name LIMIT {MaxAlerts}
            """);
        command.Parameters.Add(new() { Value = (object?)sourceId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });

        var response = new ListQualityAlertsResponse();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var alert = new QualityAlert
            {
                Source = reader.GetString(0),
                Rule = new QualityRule
                {
                    Name = reader.GetString(1),
                    Check = (QualityCheck)reader.GetInt16(2),
                    Field = reader.GetString(3),
                    Bound = reader.GetDouble(4),
                    WindowMicros = reader.GetInt64(5),
                },
                State = (QualityState)reader.GetInt16(6),
                SinceMicros = reader.GetInt64(8),
                EvaluatedMicros = reader.GetInt64(9),
            };
            if (!await reader.IsDBNullAsync(7, cancellationToken))
            {
                alert.Value = reader.GetDouble(7);
            }

            response.Alerts.Add(alert);
        }

        return response;
    }

    /// <summary>Writes down what a check measured. Where two replicas do, the minute has one value all the same.</summary>
    public async Task SaveAsync(SourceSchema schema, QualityRule rule, double? value, QualityState state, long atMicros, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            WITH rule AS (
                UPDATE quality_rules SET value = $4, evaluated_micros = $6, since_micros = CASE WHEN state = $3 THEN since_micros ELSE $6 END, state = $3
                WHERE source_id = $1 AND name = $2 AND evaluated_micros <= $6 RETURNING source_id, name)
            INSERT INTO quality_measurements (source_id, rule, at_micros, value, state) SELECT source_id, name, $5, $4, $3 FROM rule WHERE $4 IS NOT NULL
            ON CONFLICT (source_id, rule, at_micros) DO UPDATE SET value = excluded.value, state = excluded.state
            """);
        command.Parameters.Add(new() { Value = schema.SourceId });
        command.Parameters.Add(new() { Value = rule.Name });
        command.Parameters.Add(new() { Value = (short)state });
        command.Parameters.Add(new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Double });
        command.Parameters.Add(new() { Value = atMicros - (atMicros % Micros.PerMinute) });
        command.Parameters.Add(new() { Value = atMicros });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<QualitySeries> ReadSeriesAsync(int sourceId, string rule, long sinceMicros, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT at_micros, value, state FROM quality_measurements WHERE source_id = $1 AND rule = $2 AND at_micros >= $3 ORDER BY at_micros");
        command.Parameters.Add(new() { Value = sourceId });
        command.Parameters.Add(new() { Value = rule });
        command.Parameters.Add(new() { Value = sinceMicros });

        var series = new QualitySeries();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            series.Measurements.Add(new QualityMeasurement { AtMicros = reader.GetInt64(0), Value = reader.GetDouble(1), State = (QualityState)reader.GetInt16(2) });
        }

        return series;
    }

    /// <summary>Forgets measurements that no series can show.</summary>
    public async Task ForgetAsync(long beforeMicros, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("DELETE FROM quality_measurements WHERE at_micros < $1");
        command.Parameters.Add(new() { Value = beforeMicros });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
