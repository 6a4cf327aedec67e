using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Measures what a rule asks for: from the hours' sums, the source's head, or, for uniqueness, a bounded number of its newest events.</summary>
internal sealed class QualityChecks(NpgsqlDataSource dataSource)
{
    // Batches are taken whole; the last one may bring as many again.
    private const int UniquenessEvents = 20_000;

    /// <summary>Null: there is no data.</summary>
    public Task<double?> MeasureAsync(SourceSchema schema, QualityRule rule, long nowMicros, CancellationToken cancellationToken) => rule.Check switch
    {
        QualityCheck.Freshness => MeasureAsync(
            "SELECT ($2 - last_event_micros) / 1e6::float8 FROM source_heads WHERE source_id = $1 AND head_position > 0",
            [schema.SourceId, nowMicros],
            cancellationToken),
        QualityCheck.Uniqueness => MeasureAsync(
            """
            WITH batches AS (
                SELECT batch, sum(last_position - first_position + 1) OVER (ORDER BY last_position DESC) - (last_position - first_position + 1) AS events_after
                FROM (SELECT * FROM event_batches WHERE source_id = $1 AND created_micros >= $2 ORDER BY last_position DESC LIMIT $4) AS newest)
            SELECT count(DISTINCT value) / nullif(count(value), 0)::float8
            FROM (SELECT e.payload ->> $3 AS value FROM events e WHERE e.batch = ANY(ARRAY(SELECT batch FROM batches WHERE events_after < $4))) AS newest
            """,
            [schema.SourceId, nowMicros - QualityRules.Window(rule), rule.Field, (long)UniquenessEvents],
            cancellationToken),
        _ => MeasureAsync(
            $"""
            SELECT {(rule.Check switch
            {
                QualityCheck.NullShare => "sum(f.nulls) / nullif(sum(h.events), 0)::float8",
                QualityCheck.Minimum => "min(f.minimum)",
                _ => "max(f.maximum)",
            })}
            FROM quality_hours h JOIN quality_fields f USING (source_id, start_micros) WHERE h.source_id = $1 AND h.start_micros > $2 AND f.field = $3
            """,
            [schema.SourceId, nowMicros - QualityRules.Window(rule) - Micros.PerHour, rule.Field],
            cancellationToken),
    };

    private async Task<double?> MeasureAsync(string sql, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        return await command.ExecuteScalarAsync(cancellationToken) is double value ? value : null;
    }
}
