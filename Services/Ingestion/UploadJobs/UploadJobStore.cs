using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Uploads;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>Upload jobs and how far they are.</summary>
internal sealed class UploadJobStore(NpgsqlDataSource dataSource, IOptions<UploadJobOptions> options, TimeProvider timeProvider)
{
    private const string Columns = """
        upload_id, source_id, upload_key, format, delimiter, null_text, header, length, place, line, csv_delimiter, csv_columns,
        accepted, duplicates, dead_lettered, state, fault, created_micros, updated_micros
        """;

    private long NowMicros => timeProvider.GetUtcNow().ToMicros();

    /// <summary>Makes a job, or finds the one that was made with this key. Null: as many are open as may be.</summary>
    public async Task<UploadJob?> CreateAsync(int sourceId, UploadDefinition definition, CancellationToken cancellationToken)
    {
        if (await FindByKeyAsync(sourceId, definition.Key, cancellationToken) is { } there)
        {
            return there;
        }

        await using var command = dataSource.CreateCommand(
            """
            INSERT INTO uploads (upload_id, source_id, upload_key, format, delimiter, null_text, header, length, created_micros, updated_micros)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9
            WHERE (SELECT count(*) FROM (SELECT 1 FROM uploads WHERE source_id = $2 AND state = 0 LIMIT $10) AS open) < $10
            ON CONFLICT (source_id, upload_key) DO NOTHING
            """);
        Add(
            command,
            Guid.CreateVersion7(timeProvider.GetUtcNow()),
            sourceId,
            definition.Key,
            (short)definition.Format,
            (short)definition.Query.Delimiter,
            definition.Query.NullText,
            (short)definition.Query.Header,
            (object?)definition.Length ?? DBNull.Value,
            NowMicros,
            (long)options.Value.MaxOpen);
        command.Parameters[7].NpgsqlDbType = NpgsqlDbType.Bigint;
        await command.ExecuteNonQueryAsync(cancellationToken);
        return await FindByKeyAsync(sourceId, definition.Key, cancellationToken);
    }

    public async Task<UploadJob?> FindAsync(int sourceId, Guid id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT {Columns} FROM uploads WHERE upload_id = $1 AND source_id = $2");
        Add(command, id, sourceId);
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Newest first.</summary>
    /// <param name="before">The last of the page before.</param>
    public async Task<IReadOnlyList<UploadJob>> ListAsync(int sourceId, UploadJob? before, int limit, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            SELECT {Columns} FROM uploads WHERE source_id = $1 AND (created_micros, upload_id) < ($2, $3)
            ORDER BY created_micros DESC, upload_id DESC LIMIT $4
            """);
        Add(command, sourceId, before?.CreatedMicros ?? long.MaxValue, before?.Id ?? Guid.AllBitsSet, (long)limit);
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>Moves an open job on, in the transaction that makes its rows durable.</summary>
    /// <exception cref="UploadMovedException">The job is elsewhere than <paramref name="from"/>, or it has ended.</exception>
    public async Task SaveAsync(Guid id, NpgsqlConnection connection, UploadProgress from, UploadProgress to, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE uploads SET place = $3, line = $4, csv_delimiter = $5, csv_columns = $6, received = $7 + $8 + $9, accepted = $7, duplicates = $8,
                dead_lettered = $9, updated_micros = $10
            WHERE upload_id = $1 AND state = 0 AND place = $2
            """,
            connection);
        Add(
            command,
            id,
            from.Place.Offset,
            to.Place.Offset,
            to.Place.Line,
            (short)(to.Csv?.Delimiter ?? 0),
            to.Csv?.Columns.ToArray() ?? (object)DBNull.Value,
            to.Kept.Accepted,
            to.Kept.Duplicates,
            to.Kept.DeadLettered,
            NowMicros);
        command.Parameters[5].NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text;
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new UploadMovedException();
        }
    }

    /// <summary>Moves an open job on over bytes that have no rows.</summary>
    /// <exception cref="UploadMovedException">The job is elsewhere than <paramref name="from"/>, or it has ended.</exception>
    public async Task SaveAsync(Guid id, UploadProgress from, UploadProgress to, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await SaveAsync(id, connection, from, to, cancellationToken);
    }

    /// <summary>Ends an open job. False: it has ended already, or is elsewhere.</summary>
    /// <param name="at">Null: wherever it is.</param>
    public async Task<bool> EndAsync(Guid id, UploadProgress? at, UploadState state, string fault, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            UPDATE uploads SET state = $3, fault = $4, updated_micros = $5
            WHERE upload_id = $1 AND state = 0 AND ($2 IS NULL OR place = $2)
            """);
        Add(
            command,
            id,
            (object?)at?.Place.Offset ?? DBNull.Value,
            (short)state,
            fault.Replace('\0', ' '),
            NowMicros);
        command.Parameters[1].NpgsqlDbType = NpgsqlDbType.Bigint;
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Cancels a job that is open. The job as it then is: one that had ended stays what it was; null: it is gone.</summary>
    public async Task<UploadJob?> CancelAsync(UploadJob job, CancellationToken cancellationToken)
    {
        await EndAsync(job.Id, at: null, UploadState.Cancelled, "", cancellationToken);
        return await FindAsync(job.SourceId, job.Id, cancellationToken);
    }

    /// <summary>Says how long the body is, once.</summary>
    public async Task SetLengthAsync(Guid id, long length, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("UPDATE uploads SET length = $2 WHERE upload_id = $1 AND length IS NULL");
        Add(command, id, length);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends jobs that nothing was heard of (failed, unless all of their bytes are there), and forgets those that ended long ago.</summary>
    public async Task<(int Failed, int Forgotten)> MaintainAsync(CancellationToken cancellationToken)
    {
        await using var fail = dataSource.CreateCommand(
            """
            UPDATE uploads SET state = CASE WHEN place = length THEN 1 ELSE 3 END,
                fault = CASE WHEN place = length THEN '' ELSE 'nothing came for too long' END, updated_micros = $1
            WHERE state = 0 AND updated_micros < $2
            """);
        Add(fail, NowMicros, NowMicros - (options.Value.IdleTimeout.Ticks / TimeSpan.TicksPerMicrosecond));
        var failed = await fail.ExecuteNonQueryAsync(cancellationToken);

        await using var forget = dataSource.CreateCommand("DELETE FROM uploads WHERE state <> 0 AND updated_micros < $1");
        Add(forget, NowMicros - (options.Value.KeepFor.Ticks / TimeSpan.TicksPerMicrosecond));
        return (failed, await forget.ExecuteNonQueryAsync(cancellationToken));
    }

    private async Task<UploadJob?> FindByKeyAsync(int sourceId, string key, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT {Columns} FROM uploads WHERE source_id = $1 AND upload_key = $2");
        Add(command, sourceId, key);
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    private static async Task<IReadOnlyList<UploadJob>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        List<UploadJob> jobs = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var query = new UploadQuery(OnInvalid.DeadLetter, (byte)reader.GetInt16(4), reader.GetString(5), (CsvHeaderMode)reader.GetInt16(6));
            var csv = await reader.IsDBNullAsync(11, cancellationToken) ? null : new CsvLayout((byte)reader.GetInt16(10), reader.GetFieldValue<string[]>(11));
            jobs.Add(new UploadJob(
                reader.GetGuid(0),
                reader.GetInt32(1),
                new UploadDefinition(reader.GetString(2), (UploadFormat)reader.GetInt16(3), query, await reader.IsDBNullAsync(7, cancellationToken) ? null : reader.GetInt64(7)),
                new UploadProgress(
                    new UploadPlace(reader.GetInt64(8), reader.GetInt64(9)),
                    csv,
                    new AppendResult(reader.GetInt64(12), reader.GetInt64(13), reader.GetInt64(14), LastPosition: 0)),
                (UploadState)reader.GetInt16(15),
                reader.GetString(16),
                reader.GetInt64(17),
                reader.GetInt64(18)));
        }

        return jobs;
    }

    private static void Add(NpgsqlCommand command, params ReadOnlySpan<object> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }
    }
}

/// <summary>Somebody else has moved the upload on, or ended it. Nothing of the batch was written.</summary>
internal sealed class UploadMovedException() : Exception("The upload was moved on or ended by somebody else.");
