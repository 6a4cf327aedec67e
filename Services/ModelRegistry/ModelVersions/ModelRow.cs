using CloudNativeAi.ModelRegistry.Watching;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

/// <summary>The one row per model whose lock orders everything that happens to the model.</summary>
internal static class ModelRow
{
    /// <summary>Makes the model when it is new, locks it until the transaction ends, and returns its latest version number (0: none).</summary>
    public static async Task<int> LockAsync(NpgsqlConnection connection, string modelName, long now, CancellationToken cancellationToken)
    {
        await using (var insert = new NpgsqlCommand("INSERT INTO models (name, updated_micros) VALUES ($1, $2) ON CONFLICT DO NOTHING", connection))
        {
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        return (await LockExistingAsync(connection, modelName, cancellationToken))!.Value;
    }

    /// <summary>Locks the model until the transaction ends and returns its latest version number; null when there is no such model.</summary>
    public static async Task<int?> LockExistingAsync(NpgsqlConnection connection, string modelName, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT latest_version FROM models WHERE name = $1 FOR UPDATE", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        return (int?)await command.ExecuteScalarAsync(cancellationToken);
    }

    public static async Task<bool> ExistsAsync(NpgsqlConnection connection, string modelName, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM models WHERE name = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    /// <summary>Counts the change and tells every watcher, at commit.</summary>
    public static async Task ChangedAsync(NpgsqlConnection connection, string modelName, long now, CancellationToken cancellationToken, string? assignments = null)
    {
        await using var batch = new NpgsqlBatch(connection);
        var update = new NpgsqlBatchCommand($"UPDATE models SET revision = revision + 1, updated_micros = $2{(assignments is null ? "" : ", " + assignments)} WHERE name = $1");
        update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        update.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
        batch.BatchCommands.Add(update);

        var notify = new NpgsqlBatchCommand($"SELECT pg_notify('{ModelStateFeed.NotificationChannel}', $1)");
        notify.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        batch.BatchCommands.Add(notify);

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
