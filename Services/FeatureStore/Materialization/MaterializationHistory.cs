using Npgsql;
using Contract = CloudNativeAi.Contracts.FeatureStore;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Reads which builds of the views there were, and what became of them.</summary>
internal sealed class MaterializationHistory(NpgsqlDataSource dataSource)
{
    /// <summary>Newest first.</summary>
    /// <param name="view">Empty: of all views.</param>
    public async Task<IReadOnlyList<Contract.ViewMaterialization>> ListAsync(
        string view, long beforeGeneration, int count, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            SELECT generation, feature_view, source, reason, position, target_position, entities, created_at, ready_at, retired_at, lag_seconds
            FROM view_materializations WHERE ($1 = '' OR feature_view = $1) AND generation < $2 ORDER BY generation DESC LIMIT $3
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = view });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = beforeGeneration });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var builds = new List<Contract.ViewMaterialization>();
        while (await reader.ReadAsync(cancellationToken))
        {
            builds.Add(new Contract.ViewMaterialization
            {
                Generation = reader.GetInt64(0),
                FeatureView = reader.GetString(1),
                Source = reader.GetString(2),
                Reason = reader.GetString(3),
                Position = reader.GetInt64(4),
                TargetPosition = reader.GetInt64(5),
                Entities = reader.GetInt64(6),
                StartedMicros = MicrosOf(reader, 7),
                ReadyMicros = MicrosOf(reader, 8),
                RetiredMicros = MicrosOf(reader, 9),
                LagSeconds = reader.GetDouble(10),
            });
        }

        return builds;
    }

    /// <summary>Whether the view was ever defined.</summary>
    public async Task<bool> ExistsAsync(string view, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT EXISTS (SELECT FROM view_materializations WHERE feature_view = $1)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = view });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static long MicrosOf(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? 0 : Micros.Of(reader.GetFieldValue<DateTimeOffset>(column));
}
