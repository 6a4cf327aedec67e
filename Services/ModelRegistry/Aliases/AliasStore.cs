using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.ModelVersions;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.Aliases;

/// <summary>Aliases and their history. A move is one transaction under the model's lock; its history is never changed.</summary>
internal sealed partial class AliasStore(NpgsqlDataSource dataSource, TimeProvider timeProvider, ILogger<AliasStore> logger)
{
    private const string SelectChange =
        "SELECT id, model_name, alias, from_version, to_version, reason, actor, changed_micros FROM alias_changes";

    /// <summary>A move to where the alias already points changes nothing and returns the change that brought it there.</summary>
    public async Task<(AliasOutcome Outcome, AliasChange? Change, int Current)> MoveAsync(AliasMove move, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        if (await ModelRow.LockExistingAsync(connection, move.ModelName, cancellationToken) is null)
        {
            return (AliasOutcome.UnknownModel, null, 0);
        }

        var isDelete = move.Version == AliasMove.NoVersion;
        if (!isDelete && !await HasVersionAsync(connection, move, cancellationToken))
        {
            return (AliasOutcome.UnknownVersion, null, 0);
        }

        var current = await CurrentAsync(connection, move, cancellationToken);
        if (current == AliasMove.NoVersion && isDelete)
        {
            return (AliasOutcome.UnknownAlias, null, 0);
        }

        if (current == move.Version)
        {
            var last = await LastChangeAsync(connection, move, cancellationToken);
            // The same request again, whose first answer was lost, is not a conflict.
            return move.ExpectedVersion is { } expectedFrom && expectedFrom != current && expectedFrom != last.FromVersion
                ? (AliasOutcome.Conflict, null, current)
                : (AliasOutcome.Moved, last, current);
        }

        if (move.ExpectedVersion is { } expected && expected != current)
        {
            return (AliasOutcome.Conflict, null, current);
        }

        var change = await ApplyAsync(connection, move, current, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogMoved(move.ModelName, move.Alias, current, move.Version, move.Actor, move.Reason);
        return (AliasOutcome.Moved, change, move.Version);
    }

    public static string DescribeConflict(AliasMove move, int current)
    {
        var points = current == AliasMove.NoVersion ? "does not exist" : $"points to version {current}";
        return $"Alias '{move.Alias}' of model '{move.ModelName}' {points}, expected was {move.ExpectedVersion}. Read it again and decide anew.";
    }

    /// <summary>Whether the alias has pointed at the version before, or does now: a move there is no promotion.</summary>
    public async Task<bool> HadAsync(AliasMove move, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT EXISTS (SELECT FROM alias_changes WHERE model_name = $1 AND alias = $2 AND to_version = $3)");
        AddKey(command, move);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = move.Version });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Newest first, of all aliases of the model.</summary>
    public async Task<IReadOnlyList<AliasChange>> ListHistoryAsync(string modelName, long beforeId, int count, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"{SelectChange} WHERE model_name = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = beforeId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        var changes = new List<AliasChange>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            changes.Add(Read(reader));
        }

        return changes;
    }

    private async Task<AliasChange> ApplyAsync(NpgsqlConnection connection, AliasMove move, int current, CancellationToken cancellationToken)
    {
        var now = timeProvider.UnixMicroseconds();
        var isDelete = move.Version == AliasMove.NoVersion;
        var sql = isDelete
            ? "DELETE FROM aliases WHERE model_name = $1 AND alias = $2 AND version <> $3"
            : "INSERT INTO aliases VALUES ($1, $2, $3) ON CONFLICT (model_name, alias) DO UPDATE SET version = excluded.version";
        await using (var set = new NpgsqlCommand(sql, connection))
        {
            AddKey(set, move);
            set.Parameters.Add(new NpgsqlParameter<int> { TypedValue = move.Version });
            await set.ExecuteNonQueryAsync(cancellationToken);
        }

        AliasChange change;
        await using (var insert = new NpgsqlCommand("""
            INSERT INTO alias_changes (model_name, alias, from_version, to_version, reason, actor, changed_micros) VALUES ($1, $2, $3, $4, $5, $6, $7)
            RETURNING id, model_name, alias, from_version, to_version, reason, actor, changed_micros
            """, connection))
        {
            AddKey(insert, move);
            insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = current });
            insert.Parameters.Add(new NpgsqlParameter<int> { TypedValue = move.Version });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = move.Reason });
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = move.Actor });
            insert.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
            await using var reader = await insert.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            change = Read(reader);
        }

        await ModelRow.ChangedAsync(connection, move.ModelName, now, cancellationToken);
        await AuditLog.AppendAsync(
            connection, now, isDelete ? "delete_alias" : "set_alias", move.ModelName, move.Reason, move.Actor,
            move.ParityOverride.Length == 0
                ? (object)new { move.Alias, FromVersion = current, ToVersion = move.Version }
                : new { move.Alias, FromVersion = current, ToVersion = move.Version, move.ParityOverride }, cancellationToken);
        return change;
    }

    private static async Task<bool> HasVersionAsync(NpgsqlConnection connection, AliasMove move, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM model_versions WHERE model_name = $1 AND version = $2", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = move.ModelName });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = move.Version });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static async Task<int> CurrentAsync(NpgsqlConnection connection, AliasMove move, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT version FROM aliases WHERE model_name = $1 AND alias = $2", connection);
        AddKey(command, move);
        return (int?)await command.ExecuteScalarAsync(cancellationToken) ?? AliasMove.NoVersion;
    }

    private static async Task<AliasChange> LastChangeAsync(NpgsqlConnection connection, AliasMove move, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{SelectChange} WHERE model_name = $1 AND alias = $2 ORDER BY id DESC LIMIT 1", connection);
        AddKey(command, move);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return Read(reader);
    }

    private static void AddKey(NpgsqlCommand command, AliasMove move)
    {
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = move.ModelName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = move.Alias });
    }

    private static AliasChange Read(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        ModelName = reader.GetString(1),
        Alias = reader.GetString(2),
        FromVersion = reader.GetInt32(3),
        ToVersion = reader.GetInt32(4),
        Reason = reader.GetString(5),
        Actor = reader.GetString(6),
        ChangedMicros = reader.GetInt64(7),
    };

    [LoggerMessage(LogLevel.Information, "Alias {Alias} of model {ModelName} moved from version {FromVersion} to {ToVersion} by '{Actor}': {Reason}")]
    private partial void LogMoved(string modelName, string alias, int fromVersion, int toVersion, string actor, string reason);
}
