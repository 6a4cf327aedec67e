using CloudNativeAi.Contracts.ModelRegistry;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.Watching;

/// <summary>What serving needs to know about each model.</summary>
internal sealed class ModelStateReader(NpgsqlDataSource dataSource)
{
    private const string SelectState = """
        SELECT m.name, m.latest_version, m.version_count, m.challenger_share, m.shadow_challenger, m.revision, m.updated_micros,
               ARRAY(SELECT alias FROM aliases a WHERE a.model_name = m.name ORDER BY alias),
               ARRAY(SELECT version FROM aliases a WHERE a.model_name = m.name ORDER BY alias)
        FROM models m
        """;

    /// <summary>By name.</summary>
    public async Task<IReadOnlyList<ModelState>> ReadAllAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"{SelectState} ORDER BY m.name");
        return await ReadAsync(command, cancellationToken);
    }

    public async Task<IReadOnlyList<ModelState>> ReadAsync(string[] modelNames, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"{SelectState} WHERE m.name = ANY ($1) ORDER BY m.name");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = modelNames });
        return await ReadAsync(command, cancellationToken);
    }

    public async Task<ModelState?> FindAsync(string modelName, CancellationToken cancellationToken)
    {
        var states = await ReadAsync([modelName], cancellationToken);
        return states.Count == 0 ? null : states[0];
    }

    private static async Task<IReadOnlyList<ModelState>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var states = new List<ModelState>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var state = new ModelState
            {
                ModelName = reader.GetString(0),
                LatestVersion = reader.GetInt32(1),
                VersionCount = reader.GetInt32(2),
                Traffic = new TrafficPolicy { ChallengerShare = reader.GetDouble(3), ShadowChallenger = reader.GetBoolean(4) },
                Revision = reader.GetInt64(5),
                UpdatedMicros = reader.GetInt64(6),
            };
            var aliases = reader.GetFieldValue<string[]>(7);
            var versions = reader.GetFieldValue<int[]>(8);
            for (var i = 0; i < aliases.Length; i++)
            {
                state.Aliases.Add(aliases[i], versions[i]);
            }

            states.Add(state);
        }

        return states;
    }
}
