using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.Artifacts;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.ModelRegistry.ModelVersions;

/// <summary>Model versions in PostgreSQL. A version is there whole or not at all, and its number is never used again.</summary>
internal sealed class ModelVersionStore(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private const string SelectVersion = """
        SELECT v.model_name, v.version, v.digest, v.run_id, v.description, v.tags, v.metrics, v.lineage, v.created_micros,
               ARRAY(SELECT path FROM model_version_files f WHERE f.model_name = v.model_name AND f.version = v.version ORDER BY position),
               ARRAY(SELECT size FROM model_version_files f WHERE f.model_name = v.model_name AND f.version = v.version ORDER BY position),
               ARRAY(SELECT sha256 FROM model_version_files f WHERE f.model_name = v.model_name AND f.version = v.version ORDER BY position),
               ARRAY(SELECT alias FROM aliases a WHERE a.model_name = v.model_name AND a.version = v.version ORDER BY alias)
        FROM model_versions v
        """;

    /// <summary>Registers the uploaded files as the model's next version, or returns the version that has the same content.</summary>
    public async Task<(ModelVersion Version, bool Created)> RegisterAsync(ModelVersionHeader header, ArtifactUpload upload, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ArtifactLock.TakeSharedAsync(connection, cancellationToken);

        var now = timeProvider.UnixMicroseconds();
        var latest = await ModelRow.LockAsync(connection, header.ModelName, now, cancellationToken);
        if (await FindAsync(connection, $"{SelectVersion} WHERE v.model_name = $1 AND v.digest = $2", header.ModelName, header.Digest, cancellationToken) is { } same)
        {
            return (same, false);
        }

        // From here the files are in place; without the commit below the next start removes them again.
        upload.Publish();

        var version = latest + 1;
        await InsertAsync(connection, header, version, now, cancellationToken);
        await ModelRow.ChangedAsync(connection, header.ModelName, now, cancellationToken, "latest_version = latest_version + 1, version_count = version_count + 1");
        await AuditLog.AppendAsync(
            connection, now, "register_version", header.ModelName, header.Lineage.GetValueOrDefault("reason", ""), header.Lineage.GetValueOrDefault("actor", ""),
            new { version, header.Digest, header.RunId }, cancellationToken);

        var registered = await FindAsync(connection, $"{SelectVersion} WHERE v.model_name = $1 AND v.version = $2", header.ModelName, version, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (registered!, true);
    }

    public async Task<ModelVersion?> FindAsync(string modelName, int version, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, $"{SelectVersion} WHERE v.model_name = $1 AND v.version = $2", modelName, version, cancellationToken);
    }

    public async Task<ModelVersion?> FindAsync(string modelName, string alias, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindAsync(
            connection, $"{SelectVersion} JOIN aliases t ON t.model_name = v.model_name AND t.version = v.version WHERE v.model_name = $1 AND t.alias = $2",
            modelName, alias, cancellationToken);
    }

    /// <summary>Newest first. Null when there is no such model.</summary>
    public async Task<IReadOnlyList<ModelVersion>?> ListAsync(string modelName, int beforeVersion, int count, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"{SelectVersion} WHERE v.model_name = $1 AND v.version < $2 ORDER BY v.version DESC LIMIT $3", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = beforeVersion });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        var versions = new List<ModelVersion>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                versions.Add(Read(reader));
            }
        }

        return versions.Count > 0 || await ModelRow.ExistsAsync(connection, modelName, cancellationToken) ? versions : null;
    }

    private static async Task<ModelVersion?> FindAsync<TKey>(NpgsqlConnection connection, string sql, string modelName, TKey key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        command.Parameters.Add(new NpgsqlParameter<TKey> { TypedValue = key });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    private static async Task InsertAsync(NpgsqlConnection connection, ModelVersionHeader header, int version, long now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        var insert = new NpgsqlBatchCommand("INSERT INTO model_versions VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = header.ModelName });
        insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = header.Digest });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = header.RunId });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = header.Description });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(header.Tags), NpgsqlDbType = NpgsqlDbType.Jsonb });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(header.Metrics, RegistryJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
        insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = JsonSerializer.Serialize(header.Lineage), NpgsqlDbType = NpgsqlDbType.Jsonb });
        insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
        batch.BatchCommands.Add(insert);

        var files = new NpgsqlBatchCommand("""
            INSERT INTO model_version_files (model_name, version, path, size, sha256, position)
            SELECT $1, $2, path, size, sha256, position FROM unnest($3::text[], $4::bigint[], $5::text[]) WITH ORDINALITY AS f (path, size, sha256, position)
            """);
        files.Parameters.Add(new NpgsqlParameter<string> { TypedValue = header.ModelName });
        files.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version });
        files.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. header.Files.Select(file => file.Path)] });
        files.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. header.Files.Select(file => file.Size)] });
        files.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. header.Files.Select(file => file.Sha256)] });
        batch.BatchCommands.Add(files);

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static ModelVersion Read(NpgsqlDataReader reader)
    {
        var version = new ModelVersion
        {
            ModelName = reader.GetString(0),
            Version = reader.GetInt32(1),
            Digest = reader.GetString(2),
            RunId = reader.GetString(3),
            Description = reader.GetString(4),
            CreatedMicros = reader.GetInt64(8),
        };
        version.Tags.Add(JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(5))!);
        version.Metrics.Add(JsonSerializer.Deserialize<Dictionary<string, double>>(reader.GetString(6), RegistryJson.Options)!);
        version.Lineage.Add(JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(7))!);

        var paths = reader.GetFieldValue<string[]>(9);
        var sizes = reader.GetFieldValue<long[]>(10);
        var digests = reader.GetFieldValue<string[]>(11);
        for (var i = 0; i < paths.Length; i++)
        {
            version.Files.Add(new ArtifactFile { Path = paths[i], Size = sizes[i], Sha256 = digests[i] });
        }

        version.Aliases.Add(reader.GetFieldValue<string[]>(12));
        return version;
    }
}
