using System.Text.Json;
using CloudNativeAi.FeatureStore.Materialization;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Definition versions and source schemas in PostgreSQL.</summary>
internal sealed class DefinitionStore(NpgsqlDataSource dataSource, ViewMaterializations materializations, TimeProvider timeProvider)
{
    /// <summary>Null when there is no such version; version 0 is the newest.</summary>
    public async Task<FeatureDefinitionSet?> FindAsync(int version, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT version, yaml, file_name, schemas FROM definition_versions WHERE $1 = 0 OR version = $1 ORDER BY version DESC LIMIT 1");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadDefinitions(reader) : null;
    }

    public async Task<IReadOnlyDictionary<string, SourceSchema>> GetSchemasAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT schema FROM source_schemas");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var schemas = new Dictionary<string, SourceSchema>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            var schema = JsonSerializer.Deserialize<SourceSchema>(reader.GetString(0))!;
            schemas[schema.Name] = schema;
        }

        return schemas;
    }

    /// <summary>
    /// Keeps a source's newest schema. If its events now count as known from other instants on, what is online was built under another meaning:
    /// in the same transaction the views of the source are ordered anew.
    /// </summary>
    public async Task PutSchemaAsync(SourceSchema schema, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var command = new NpgsqlCommand(
            """
            INSERT INTO source_schemas (source, schema, updated_at) VALUES ($1, $2, $3)
            ON CONFLICT (source) DO UPDATE SET schema = excluded.schema, updated_at = excluded.updated_at
            WHERE source_schemas.schema <> excluded.schema
            """, connection))
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema.Name });
            command.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(schema), NpgsqlDbType = NpgsqlDbType.Jsonb });
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = timeProvider.GetUtcNow() });
            if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                return;
            }
        }

        await materializations.RebuildSourceAsync(connection, schema.Name, schema.DescribeAvailability(), cancellationToken);
        await ChangeChannel.NotifyAsync(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Newest version within a transaction that holds the lock on definitions: nobody else applies meanwhile.</summary>
    public static async Task<FeatureDefinitionSet> LockNewestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            LOCK TABLE definition_versions IN EXCLUSIVE MODE;
            SELECT version, yaml, file_name, schemas FROM definition_versions ORDER BY version DESC LIMIT 1
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadDefinitions(reader) : FeatureDefinitionSet.Empty;
    }

    public async Task InsertAsync(
        NpgsqlConnection connection,
        FeatureDefinitionSet definitions,
        string fileName,
        IEnumerable<SourceSchema> schemas,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO definition_versions (version, yaml, file_name, schemas, applied_at) VALUES ($1, $2, $3, $4, $5)", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = definitions.Version });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definitions.Yaml });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = fileName });
        command.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(schemas), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = timeProvider.GetUtcNow() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // A stored version was valid with the schemas stored beside it, whatever the sources look like now.
    private static FeatureDefinitionSet ReadDefinitions(NpgsqlDataReader reader)
    {
        var schemas = JsonSerializer.Deserialize<SourceSchema[]>(reader.GetString(3))!;
        return DefinitionsParser.Parse(reader.GetString(1), reader.GetString(2), schemas.ToDictionary(schema => schema.Name, StringComparer.Ordinal))
            with { Version = reader.GetInt32(0) };
    }
}
