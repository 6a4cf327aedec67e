using CloudNativeAi.Contracts.Ingestion;
using Npgsql;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>Reads what the roll-up wrote.</summary>
internal sealed class QualityStore(NpgsqlDataSource dataSource, QualityRollup rollup)
{
    /// <summary>Hours from <paramref name="sinceMicros"/> on, oldest first, up to the newest batch.</summary>
    public async Task<SourceQuality> ReadAsync(int sourceId, long sinceMicros, CancellationToken cancellationToken)
    {
        await rollup.RunAsync(sourceId, cancellationToken);

        await using var command = dataSource.CreateCommand(
            """
            SELECT h.start_micros, h.events, h.max_lag_micros, h.lag_micros_sum / h.events, f.field, f.nulls, f.minimum, f.maximum
            FROM quality_hours h LEFT JOIN quality_fields f USING (source_id, start_micros)
            WHERE h.source_id = $1 AND h.start_micros >= $2 ORDER BY h.start_micros, f.field
            """);
        command.Parameters.Add(new() { Value = sourceId });
        command.Parameters.Add(new() { Value = sinceMicros });

        var quality = new SourceQuality();
        QualityHour? hour = null;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (hour?.StartMicros != reader.GetInt64(0))
            {
                hour = new QualityHour
                {
                    StartMicros = reader.GetInt64(0),
                    Events = reader.GetInt64(1),
                    MaxLagMicros = reader.GetInt64(2),
                    MeanLagMicros = (long)reader.GetDouble(3),
                };
                quality.Hours.Add(hour);
            }

            if (!await reader.IsDBNullAsync(4, cancellationToken))
            {
                var field = new FieldQuality { Field = reader.GetString(4), Nulls = reader.GetInt64(5) };
                if (!await reader.IsDBNullAsync(6, cancellationToken))
                {
                    (field.Minimum, field.Maximum) = (reader.GetDouble(6), reader.GetDouble(7));
                }

                hour.Fields.Add(field);
            }
        }

        return quality;
    }
}
