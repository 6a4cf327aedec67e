using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

/// <summary>Who changed what, when and why; written in the transaction of the change, kept for ever.</summary>
internal sealed class AuditLog(NpgsqlDataSource dataSource)
{
    public static async Task AppendAsync(
        NpgsqlConnection connection, long now, string action, string modelName, string reason, string actor, object detail, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO audit_log (at_micros, action, model_name, reason, actor, detail) VALUES ($1, $2, $3, $4, $5, $6)", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = action });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = reason });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = actor });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(detail, RegistryJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<AuditEntryDocument>> ListAsync(string modelName, long beforeId, int count, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT id, at_micros, action, reason, actor, detail FROM audit_log WHERE model_name = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = beforeId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        var entries = new List<AuditEntryDocument>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(new AuditEntryDocument(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                JsonSerializer.Deserialize<JsonElement>(reader.GetString(5))));
        }

        return entries;
    }
}
