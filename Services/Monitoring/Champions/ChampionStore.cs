using Npgsql;

namespace CloudNativeAi.Monitoring.Champions;

/// <summary>The last champion of each model that the registry told of; it is known while the registry is away.</summary>
internal sealed class ChampionStore(NpgsqlDataSource dataSource)
{
    public async Task SaveAsync(string modelName, int version, long revision, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            INSERT INTO champions (model_name, model_version, revision) VALUES ($1, $2, $3)
            ON CONFLICT (model_name) DO UPDATE SET model_version = excluded.model_version, revision = excluded.revision
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = modelName });
        command.Parameters.Add(new NpgsqlParameter { Value = version });
        command.Parameters.Add(new NpgsqlParameter { Value = revision });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
