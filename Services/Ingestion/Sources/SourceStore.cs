using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using Google.Protobuf;
using Npgsql;

namespace CloudNativeAi.Ingestion.Sources;

/// <summary>What became of a definition: its status, or why it was not taken.</summary>
internal readonly record struct PutOutcome(SourceStatus? Status, string Fault = "", bool Incompatible = false);

/// <summary>Sources, their versions and their counters.</summary>
internal sealed class SourceStore(NpgsqlDataSource dataSource, SourceCatalog catalog, TimeProvider timeProvider)
{
    private const int MaxSources = 10_000;

    // Any fixed number: definitions change one at a time.
    private const long DefinitionLock = 0x534F_5552;

    private const string StatusQuery = """
        SELECT s.version, v.definition, h.head_position, h.received, h.duplicates, h.dead_lettered, h.refused,
               h.last_event_micros, h.last_created_micros,
               coalesce((SELECT b.first_position FROM event_batches b WHERE b.source_id = s.source_id ORDER BY b.last_position LIMIT 1), h.head_position + 1)
        FROM sources s JOIN source_versions v USING (source_id, version) JOIN source_heads h USING (source_id)
        """;

    public async Task<PutOutcome> PutAsync(Source source, CancellationToken cancellationToken)
    {
        if (SourceRules.FindFault(source) is { } fault)
        {
            return new PutOutcome(null, fault);
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({DefinitionLock})", [], cancellationToken);

        if (await ReadCurrentAsync(connection, source.Name, cancellationToken) is not { } current)
        {
            if (await InsertSourceAsync(connection, source, cancellationToken) is { } refused)
            {
                return refused;
            }
        }
        else if (!current.Definition.Equals(source))
        {
            if (current.HeadPosition > 0 && SourceRules.FindIncompatibility(current.Definition, source) is { } incompatibility)
            {
                return new PutOutcome(null, $"source '{source.Name}' version {current.Version}: {incompatibility}", Incompatible: true);
            }

            await InsertVersionAsync(connection, current.SourceId, current.Version + 1, source, cancellationToken);
        }

        await ExecuteAsync(connection, $"NOTIFY {Channels.Sources}", [], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        catalog.Forget();
        return new PutOutcome(await FindAsync(source.Name, cancellationToken));
    }

    public async Task<SourceStatus?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"{StatusQuery} WHERE s.name = $1");
        command.Parameters.Add(new() { Value = name });
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"{StatusQuery} ORDER BY s.name LIMIT {MaxSources}");
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Counts rows that were refused with their batch.</summary>
    public async Task CountRefusedAsync(int sourceId, long rows, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("UPDATE source_heads SET received = received + $2, refused = refused + $2 WHERE source_id = $1");
        command.Parameters.Add(new() { Value = sourceId });
        command.Parameters.Add(new() { Value = rows });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<SourceStatus>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        List<SourceStatus> statuses = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            statuses.Add(new SourceStatus
            {
                Version = reader.GetInt32(0),
                Source = SourceCatalog.Parse(reader.GetString(1)),
                HeadPosition = reader.GetInt64(2),
                Received = reader.GetInt64(3),
                Duplicates = reader.GetInt64(4),
                DeadLetters = reader.GetInt64(5),
                Refused = reader.GetInt64(6),
                LastEventTimestampMicros = reader.GetInt64(7),
                LastCreatedTimestampMicros = reader.GetInt64(8),
                OldestPosition = reader.GetInt64(9),
            });
        }

        return statuses;
    }

    // The head is locked: no first event may arrive between the check and the change of the definition.
    private static async Task<CurrentVersion?> ReadCurrentAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT s.source_id, s.version, v.definition, h.head_position
            FROM sources s JOIN source_versions v USING (source_id, version) JOIN source_heads h USING (source_id)
            WHERE s.name = $1 FOR UPDATE OF h
            """,
            connection);
        command.Parameters.Add(new() { Value = name });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new CurrentVersion(reader.GetInt32(0), reader.GetInt32(1), SourceCatalog.Parse(reader.GetString(2)), reader.GetInt64(3))
            : null;
    }

    private async Task<PutOutcome?> InsertSourceAsync(NpgsqlConnection connection, Source source, CancellationToken cancellationToken)
    {
        if ((long)(await ExecuteAsync(connection, "SELECT count(*) FROM sources", [], cancellationToken))! >= MaxSources)
        {
            return new PutOutcome(null, $"there are {MaxSources} sources already");
        }

        var sourceId = (int)(await ExecuteAsync(
            connection, "INSERT INTO sources (name, version) VALUES ($1, 1) RETURNING source_id", [source.Name], cancellationToken))!;
        await ExecuteAsync(connection, "INSERT INTO source_heads (source_id) VALUES ($1)", [sourceId], cancellationToken);
        await InsertVersionAsync(connection, sourceId, 1, source, cancellationToken);
        return null;
    }

    private async Task InsertVersionAsync(NpgsqlConnection connection, int sourceId, int version, Source source, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            "INSERT INTO source_versions (source_id, version, definition, created_micros) VALUES ($1, $2, $3::json, $4)",
            [sourceId, version, JsonFormatter.Default.Format(source), timeProvider.GetUtcNow().ToMicros()],
            cancellationToken);
        await ExecuteAsync(connection, "UPDATE sources SET version = $2 WHERE source_id = $1", [sourceId, version], cancellationToken);
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, object[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private sealed record CurrentVersion(int SourceId, int Version, Source Definition, long HeadPosition);
}
