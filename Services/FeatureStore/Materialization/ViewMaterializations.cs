using CloudNativeAi.FeatureStore.Definitions;
using Npgsql;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>One build of a view's online values from the first event on.</summary>
/// <param name="Generation">Part of the Redis keys: another build has other keys.</param>
/// <param name="TargetPosition">Where its source was when the build began; the view is served from there on.</param>
/// <param name="Availability">When its events count as known, as <see cref="SourceSchema.DescribeAvailability"/> says it; empty: not written down.</param>
internal sealed record ViewMaterialization(
    long Generation, string View, string Fingerprint, string Source, long Position, long TargetPosition, bool Ready,
    long Entities, long LastEventTimestampMicros, double LagSeconds, string Availability);

/// <summary>Which builds there are and how far they are, in PostgreSQL.</summary>
internal sealed class ViewMaterializations(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const string Columns =
        "generation, feature_view, fingerprint, source, position, target_position, ready_at IS NOT NULL, entities, last_event_timestamp_micros, lag_seconds, availability";

    public async Task<IReadOnlyList<ViewMaterialization>> GetCurrentAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT {Columns} FROM view_materializations WHERE retired_at IS NULL ORDER BY feature_view");
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Retires the builds of removed and changed views and orders those of added and changed ones.</summary>
    public async Task PlanAsync(NpgsqlConnection connection, FeatureDefinitionSet current, FeatureDefinitionSet next, CancellationToken cancellationToken)
    {
        var before = current.FeatureViews.ToDictionary(view => view.Name, StringComparer.Ordinal);
        foreach (var view in current.FeatureViews.Where(view => next.FindView(view.Name)?.Fingerprint != view.Fingerprint))
        {
            await RetireAsync(connection, view.Name, cancellationToken);
        }

        foreach (var view in next.FeatureViews)
        {
            var old = before.GetValueOrDefault(view.Name);
            if (old?.Fingerprint != view.Fingerprint)
            {
                await InsertAsync(connection, view.Name, view.Fingerprint, view.Source, old is null ? "added" : "changed", cancellationToken);
            }
        }
    }

    /// <summary>Orders the views of a source anew that were built under another availability, or it is not known under which.</summary>
    public async Task RebuildSourceAsync(NpgsqlConnection connection, string source, string availability, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH old AS (
                UPDATE view_materializations SET retired_at = $3 WHERE source = $1 AND retired_at IS NULL AND availability <> $2
                RETURNING feature_view, fingerprint, position, target_position)
            INSERT INTO view_materializations (feature_view, fingerprint, source, reason, target_position, created_at, ready_at, availability)
            SELECT feature_view, fingerprint, $1, 'changed', greatest(position, target_position), $3,
                   CASE WHEN greatest(position, target_position) = 0 THEN $3 END, $2
            FROM old
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = source });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = availability });
        command.Parameters.Add(Now());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Every view is built again, under another store id than <paramref name="oldStore"/>: its values are lost, or not to be trusted.
    /// Does nothing when another replica has done so already. Returns the id in force.
    /// </summary>
    /// <param name="areKeysLost">Else the keys of the builds until now are deleted.</param>
    public async Task<Guid> RebuildAllAsync(Guid oldStore, bool areKeysLost, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var store = await LockStoreAsync(connection, cancellationToken);
        if (store != oldStore)
        {
            return store;
        }

        store = Guid.NewGuid();
        await using (var update = new NpgsqlCommand("UPDATE online_store SET store_id = $1, since = $2", connection))
        {
            update.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = store });
            update.Parameters.Add(Now());
            await update.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var rebuild = new NpgsqlCommand(
            """
            WITH lost AS (
                UPDATE view_materializations SET retired_at = $1, cleaned_at = CASE WHEN $2 THEN $1 END WHERE retired_at IS NULL
                RETURNING feature_view, fingerprint, source, position, target_position, availability)
            INSERT INTO view_materializations (feature_view, fingerprint, source, reason, target_position, created_at, ready_at, availability)
            SELECT feature_view, fingerprint, source, CASE WHEN $2 THEN 'store lost' ELSE 'asked for' END, greatest(position, target_position), $1,
                   CASE WHEN greatest(position, target_position) = 0 THEN $1 END, availability
            FROM lost
            """, connection))
        {
            rebuild.Parameters.Add(Now());
            rebuild.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = areKeysLost });
            await rebuild.ExecuteNonQueryAsync(cancellationToken);
        }

        await ChangeChannel.NotifyAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return store;
    }

    /// <summary>The id that Redis must have; made at the first call of all.</summary>
    public async Task<Guid> GetStoreIdAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await LockStoreAsync(connection, cancellationToken);
    }

    /// <summary>A build that is in force has applied an event.</summary>
    public async Task<bool> IsAnyAppliedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT EXISTS (SELECT FROM view_materializations WHERE retired_at IS NULL AND position > 0)");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Retired builds whose keys are still in Redis.</summary>
    public async Task<IReadOnlyList<ViewMaterialization>> GetUncleanedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT {Columns} FROM view_materializations WHERE retired_at IS NOT NULL AND cleaned_at IS NULL");
        return await ReadAsync(command, cancellationToken);
    }

    public async Task SetCleanedAsync(long generation, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("UPDATE view_materializations SET cleaned_at = $1 WHERE generation = $2");
        command.Parameters.Add(Now());
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = generation });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<Guid> LockStoreAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var insert = new NpgsqlCommand(
            "INSERT INTO online_store (store_id, since) VALUES ($1, $2) ON CONFLICT DO NOTHING", connection))
        {
            insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.NewGuid() });
            insert.Parameters.Add(Now());
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var select = new NpgsqlCommand("SELECT store_id FROM online_store FOR UPDATE", connection);
        return (Guid)(await select.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task RetireAsync(NpgsqlConnection connection, string view, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE view_materializations SET retired_at = $1 WHERE feature_view = $2 AND retired_at IS NULL", connection);
        command.Parameters.Add(Now());
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = view });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task InsertAsync(
        NpgsqlConnection connection, string view, string fingerprint, string source, string reason, CancellationToken cancellationToken)
    {
        // A view over a source that has no events yet has nothing to catch up with.
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO view_materializations (feature_view, fingerprint, source, reason, target_position, created_at, ready_at, availability)
            SELECT $1, $2, $3, $4, target, $5, CASE WHEN target = 0 THEN $5 END,
                   (SELECT CASE WHEN (schema->>'Backfilled')::boolean THEN 'backfilled ' || (schema->>'AvailabilityDelayMicros') ELSE 'live' END
                    FROM source_schemas WHERE source = $3)
            FROM (SELECT coalesce((SELECT greatest(offline_position, online_position) FROM source_progress WHERE source = $3), 0) AS target) AS progress
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = view });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = fingerprint });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = source });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = reason });
        command.Parameters.Add(Now());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = timeProvider.GetUtcNow() };

    private static async Task<IReadOnlyList<ViewMaterialization>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<ViewMaterialization>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new ViewMaterialization(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), reader.GetInt64(5),
                reader.GetBoolean(6), reader.GetInt64(7), reader.GetInt64(8), reader.GetDouble(9), reader.GetString(10)));
        }

        return rows;
    }
}
