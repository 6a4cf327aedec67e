using Npgsql;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>How far a build is, as it is written down after each batch.</summary>
internal sealed record BuildProgress(long Generation, long Position, long Entities, long LastEventTimestampMicros, double LagSeconds);

/// <summary>Checkpoints in PostgreSQL. Losing the newest few is harmless: their batches are applied again and change nothing.</summary>
internal sealed class ProgressStore(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    /// <summary>Returns true when a build became ready by it.</summary>
    public async Task<bool> WriteAsync(SourceState source, IReadOnlyCollection<BuildProgress> builds, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        await using var batch = dataSource.CreateBatch();

        // Nothing is lost without the flush, and it would cost more than the rest.
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('synchronous_commit', 'off', true)"));
        batch.BatchCommands.Add(Upsert(source));
        foreach (var build in builds)
        {
            batch.BatchCommands.Add(Update(build, now));
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand($"NOTIFY {ProgressChannel}"));

        var becameReady = false;
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                becameReady |= reader.GetFieldType(0) == typeof(bool) && reader.GetBoolean(0);
            }
        }
        while (await reader.NextResultAsync(cancellationToken));

        return becameReady;
    }

    public const string ProgressChannel = "feature_store_progress";

    public async Task<IReadOnlyList<SourceState>> GetSourcesAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            SELECT source, head_position, offline_position, offline_rows, online_position, last_event_timestamp_micros, last_materialized_micros, error
            FROM source_progress ORDER BY source
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<SourceState>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new SourceState(
                reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5),
                reader.GetInt64(6), reader.GetString(7)));
        }

        return rows;
    }

    private static NpgsqlBatchCommand Upsert(SourceState source) => new(
        """
        INSERT INTO source_progress
            (source, head_position, offline_position, offline_rows, online_position, last_event_timestamp_micros, last_materialized_micros, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (source) DO UPDATE SET
            head_position = excluded.head_position, offline_position = excluded.offline_position, offline_rows = excluded.offline_rows,
            online_position = excluded.online_position, last_event_timestamp_micros = excluded.last_event_timestamp_micros,
            last_materialized_micros = excluded.last_materialized_micros, error = excluded.error
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = source.Source },
            new NpgsqlParameter<long> { TypedValue = source.HeadPosition },
            new NpgsqlParameter<long> { TypedValue = source.OfflinePosition },
            new NpgsqlParameter<long> { TypedValue = source.OfflineRows },
            new NpgsqlParameter<long> { TypedValue = source.OnlinePosition },
            new NpgsqlParameter<long> { TypedValue = source.LastEventTimestampMicros },
            new NpgsqlParameter<long> { TypedValue = source.LastMaterializedMicros },
            new NpgsqlParameter<string> { TypedValue = source.Error },
        },
    };

    private static NpgsqlBatchCommand Update(BuildProgress build, DateTimeOffset now) => new(
        """
        WITH before AS (SELECT generation, ready_at IS NULL AS waiting FROM view_materializations WHERE generation = $1)
        UPDATE view_materializations AS build SET
            position = $2, entities = $3, last_event_timestamp_micros = $4, lag_seconds = $5,
            ready_at = coalesce(ready_at, CASE WHEN $2 >= target_position THEN $6 END)
        FROM before WHERE build.generation = before.generation
        RETURNING before.waiting AND build.ready_at IS NOT NULL
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<long> { TypedValue = build.Generation },
            new NpgsqlParameter<long> { TypedValue = build.Position },
            new NpgsqlParameter<long> { TypedValue = build.Entities },
            new NpgsqlParameter<long> { TypedValue = build.LastEventTimestampMicros },
            new NpgsqlParameter<double> { TypedValue = build.LagSeconds },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = now },
        },
    };
}
