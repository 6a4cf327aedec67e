using System.Security.Cryptography;
using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Sources;
using Google.Protobuf;
using Npgsql;

namespace CloudNativeAi.Ingestion.DeadLetters;

/// <summary>Refused rows, kept with their bytes until somebody corrects or discards them.</summary>
internal sealed class DeadLetterStore(NpgsqlDataSource dataSource)
{
    private const string Columns = "dead_letter_id, event_id, field, reason, payload, created_micros, row_number, original, state, event_micros, sent_id";
    private const string Matches = """
        source_id = $1 AND state = $2 AND ($3 = '' OR field = $3) AND ($4 = '' OR event_id = $4)
        AND ($5 = '' OR strpos(lower(reason), lower($5)) > 0) AND created_micros >= $6 AND ($7 = 0 OR created_micros < $7)
        """;

    private const int CountedAtMost = 100_000;

    /// <summary>Inserts within the caller's transaction; returns how many were not there already.</summary>
    public static async Task<int> InsertAsync(
        NpgsqlConnection connection, int sourceId, IReadOnlyList<InvalidRow> rows, long createdMicros, CancellationToken cancellationToken)
    {
        // In order of digest: everybody takes them in the same order, nobody waits in a circle.
        var sorted = rows.Select(row => (Row: row, Digest: Digest(row))).ToList();
        sorted.Sort((left, right) => left.Digest.AsSpan().SequenceCompareTo(right.Digest));

        await using var command = new NpgsqlCommand(
            """
            INSERT INTO dead_letters (source_id, digest, row_number, event_id, sent_id, event_micros, field, reason, payload, original, created_micros)
            SELECT $1, d.*, $2 FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11) AS d
            ON CONFLICT DO NOTHING
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = sourceId },
                new() { Value = createdMicros },
                new() { Value = sorted.Select(item => item.Digest).ToArray() },
                new() { Value = sorted.Select(item => item.Row.Row).ToArray() },
                new() { Value = sorted.Select(item => item.Row.Fault.EventId).ToArray() },
                new() { Value = sorted.Select(item => item.Row.SentId).ToArray() },
                new() { Value = sorted.Select(item => item.Row.EventMicros).ToArray() },
                new() { Value = sorted.Select(item => item.Row.Fault.Field).ToArray() },
                new() { Value = sorted.Select(item => item.Row.Fault.Reason.Replace('\0', ' ')).ToArray() },
                new() { Value = sorted.Select(item => item.Row.Payload.ToArray()).ToArray() },
                new() { Value = sorted.Select(item => item.Row.Original.ToArray()).ToArray() },
            },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends the wait of a dead letter within the caller's transaction. False: there is none waiting with this id.</summary>
    public static async Task<bool> CloseAsync(NpgsqlConnection connection, int sourceId, long id, DeadLetterState state, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE dead_letters SET state = $3 WHERE source_id = $1 AND dead_letter_id = $2 AND state = 0", connection)
        {
            Parameters = { new() { Value = sourceId }, new() { Value = id }, new() { Value = (short)state } },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>As <see cref="CloseAsync"/>, of many, in their order, so that nobody waits in a circle; returns those that were waiting.</summary>
    public static async Task<HashSet<long>> CloseAllAsync(
        NpgsqlConnection connection, int sourceId, IReadOnlyList<long> ids, DeadLetterState state, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH waiting AS (
                SELECT dead_letter_id FROM dead_letters WHERE source_id = $1 AND dead_letter_id = ANY($2) AND state = 0 ORDER BY dead_letter_id FOR UPDATE)
            UPDATE dead_letters d SET state = $3 FROM waiting WHERE d.dead_letter_id = waiting.dead_letter_id RETURNING d.dead_letter_id
            """,
            connection)
        {
            Parameters = { new() { Value = sourceId }, new() { Value = ids.ToArray() }, new() { Value = (short)state } },
        };

        HashSet<long> closed = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            closed.Add(reader.GetInt64(0));
        }

        return closed;
    }

    public async Task<IReadOnlyList<DeadLetter>> ListAsync(SourceSchema schema, DeadLetterQuery query, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"SELECT {Columns} FROM dead_letters WHERE {Matches} AND dead_letter_id > $8 ORDER BY dead_letter_id LIMIT $9");
        AddFilter(command, schema, query);
        command.Parameters.Add(new() { Value = query.AfterId });
        command.Parameters.Add(new() { Value = (long)query.PageSize });
        return await ReadAsync(command, schema.Name, cancellationToken);
    }

    /// <summary>How many there are on all pages, up to a bound.</summary>
    public async Task<long> CountAsync(SourceSchema schema, DeadLetterQuery query, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"SELECT count(*) FROM (SELECT 1 FROM dead_letters WHERE {Matches} LIMIT {CountedAtMost}) AS matching");
        AddFilter(command, schema, query);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<DeadLetter?> FindAsync(SourceSchema schema, long id, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"SELECT {Columns} FROM dead_letters WHERE source_id = $1 AND dead_letter_id = $2");
        command.Parameters.Add(new() { Value = schema.SourceId });
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, schema.Name, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Gives a waiting dead letter up; null: there is none with this id.</summary>
    public async Task<DeadLetter?> DiscardAsync(SourceSchema schema, long id, CancellationToken cancellationToken)
    {
        return await DiscardAsync(schema, [id], cancellationToken) == 1 ? await FindAsync(schema, id, cancellationToken) : null;
    }

    /// <summary>Gives a page of waiting dead letters up; returns how many were still waiting.</summary>
    public async Task<(int Discarded, string NextPageToken)> DiscardAllAsync(SourceSchema schema, DeadLetterQuery query, CancellationToken cancellationToken)
    {
        var page = await ListAsync(schema, query with { State = DeadLetterState.Waiting }, cancellationToken);
        return (await DiscardAsync(schema, [.. page.Select(deadLetter => deadLetter.Id)], cancellationToken), query.NextPageToken(page));
    }

    private async Task<int> DiscardAsync(SourceSchema schema, IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var closed = await CloseAllAsync(connection, schema.SourceId, ids, DeadLetterState.Discarded, cancellationToken);
        if (closed.Count == 0)
        {
            return 0;
        }

        await using var count = new NpgsqlCommand(
            "UPDATE source_heads SET dead_lettered = dead_lettered - $2, refused = refused + $2 WHERE source_id = $1", connection);
        count.Parameters.Add(new() { Value = schema.SourceId });
        count.Parameters.Add(new() { Value = (long)closed.Count });
        await count.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return closed.Count;
    }

    private static void AddFilter(NpgsqlCommand command, SourceSchema schema, DeadLetterQuery query)
    {
        command.Parameters.Add(new() { Value = schema.SourceId });
        command.Parameters.Add(new() { Value = (short)query.State });
        command.Parameters.Add(new() { Value = query.Field });
        command.Parameters.Add(new() { Value = query.EventId });
        command.Parameters.Add(new() { Value = query.Reason });
        command.Parameters.Add(new() { Value = query.FromMicros });
        command.Parameters.Add(new() { Value = query.UntilMicros });
    }

    private static async Task<IReadOnlyList<DeadLetter>> ReadAsync(NpgsqlCommand command, string source, CancellationToken cancellationToken)
    {
        List<DeadLetter> deadLetters = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            deadLetters.Add(new DeadLetter
            {
                Id = reader.GetInt64(0),
                Source = source,
                EventId = reader.GetString(1),
                Field = reader.GetString(2),
                Reason = reader.GetString(3),
                Payload = UnsafeByteOperations.UnsafeWrap(reader.GetFieldValue<byte[]>(4)),
                CreatedTimestampMicros = reader.GetInt64(5),
                Row = reader.GetInt64(6),
                Original = UnsafeByteOperations.UnsafeWrap(reader.GetFieldValue<byte[]>(7)),
                State = (DeadLetterState)reader.GetInt16(8),
                EventTimestampMicros = reader.GetInt64(9),
                SentEventId = reader.GetString(10),
            });
        }

        return deadLetters;
    }

    private static byte[] Digest(InvalidRow row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(row.SentId));
        hash.AppendData([0]);
        hash.AppendData(BitConverter.GetBytes(row.EventMicros));
        hash.AppendData((row.Original.IsEmpty ? row.Payload : row.Original).Span);
        return hash.GetHashAndReset();
    }
}
