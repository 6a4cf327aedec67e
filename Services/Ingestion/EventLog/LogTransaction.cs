using System.Buffers;
using CloudNativeAi.Ingestion.DeadLetters;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>What a commit made durable.</summary>
internal readonly record struct AppendResult(long Accepted, long Duplicates, long DeadLettered, long LastPosition)
{
    /// <summary>Both together; <paramref name="later"/> has the last position, where it has one.</summary>
    public AppendResult Plus(AppendResult later) => new(
        Accepted + later.Accepted, Duplicates + later.Duplicates, DeadLettered + later.DeadLettered, Math.Max(LastPosition, later.LastPosition));
}

/// <summary>Writes on a transaction's connection before it commits.</summary>
/// <param name="added">What the transaction adds; its position is not known yet.</param>
internal delegate Task SaveInTransaction(NpgsqlConnection connection, AppendResult added, CancellationToken cancellationToken);

/// <summary>One transaction on the log of one source: event ids, events and dead letters first, the head row last.</summary>
internal sealed class LogTransaction : IAsyncDisposable
{
    private readonly SourceSchema _schema;
    private readonly Partitions _partitions;
    private readonly BatchNumbers _batchNumbers;
    private readonly TimeProvider _timeProvider;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly List<Batch> _batches = [];
    private long _accepted;
    private long _duplicates;
    private long _deadLettered;
    private long _received;
    private long _lastEventMicros;

    private LogTransaction(
        SourceSchema schema, Partitions partitions, BatchNumbers batchNumbers, TimeProvider timeProvider, NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_schema, _partitions, _batchNumbers, _timeProvider, _connection, _transaction) = (schema, partitions, batchNumbers, timeProvider, connection, transaction);

    /// <summary>Whether duplicates were found so far.</summary>
    public bool HasDuplicates => _duplicates > 0;

    public static async Task<LogTransaction> BeginAsync(
        NpgsqlDataSource dataSource, SourceSchema schema, Partitions partitions, BatchNumbers batchNumbers, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            // BEGIN travels with the first command.
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            return new LogTransaction(schema, partitions, batchNumbers, timeProvider, connection, transaction);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <param name="expectDuplicates">Chooses between two ways to the same result: see <see cref="ClaimIdsAsync"/>.</param>
    public async Task AddAsync(EventRows rows, bool expectDuplicates, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var day = Micros.ToDay(_timeProvider.GetUtcNow().ToMicros());
        await _partitions.EnsureAsync(day, cancellationToken);
        var batch = await _batchNumbers.NextAsync(day, cancellationToken);

        rows.SortById();
        await ClaimIdsAsync(rows, day, expectDuplicates, cancellationToken);

        var count = rows.Stamp(batch);
        if (count > 0)
        {
            await CopyEventsAsync(rows, day, cancellationToken);
            var statistics = rows.Statistics is { } counted && counted.Rows == count ? counted : RowValidator.Recount(_schema, rows);
            _batches.Add(new Batch(batch, count, rows.PayloadBytes, rows.MeanEventMicros, rows.FirstEventMicros, statistics.Encode()));
            _lastEventMicros = Math.Max(_lastEventMicros, rows.LastEventMicros);
        }

        _accepted += count;
        _duplicates += rows.Count - count;
        _received += rows.Count;
    }

    public async Task AddDeadLettersAsync(IReadOnlyList<InvalidRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count > 0)
        {
            var added = await DeadLetterStore.InsertAsync(_connection, _schema.SourceId, rows, _timeProvider.GetUtcNow().ToMicros(), cancellationToken);
            _deadLettered += added;
            _duplicates += rows.Count - added;
            _received += rows.Count;
        }
    }

    /// <summary>Counts a waiting dead letter as received anew, so that its replay is neither one more nor one less.</summary>
    public async Task<bool> TakeDeadLetterAsync(long id, CancellationToken cancellationToken)
    {
        if (!await DeadLetterStore.CloseAsync(_connection, _schema.SourceId, id, Contracts.Ingestion.DeadLetterState.Replayed, cancellationToken))
        {
            return false;
        }

        _deadLettered--;
        _received--;
        return true;
    }

    /// <summary>As <see cref="TakeDeadLetterAsync"/>, of many; returns those that were waiting.</summary>
    public async Task<HashSet<long>> TakeDeadLettersAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        var taken = await DeadLetterStore.CloseAllAsync(_connection, _schema.SourceId, ids, Contracts.Ingestion.DeadLetterState.Replayed, cancellationToken);
        _deadLettered -= taken.Count;
        _received -= taken.Count;
        return taken;
    }

    public Task SaveAsync(SaveInTransaction? save, CancellationToken cancellationToken) =>
        save?.Invoke(_connection, new AppendResult(_accepted, _duplicates, _deadLettered, 0), cancellationToken) ?? Task.CompletedTask;

    /// <summary>Takes the positions and commits, in one round trip: the head row is locked for no longer than that.</summary>
    public async Task<AppendResult> CommitAsync(string traceParent, CancellationToken cancellationToken)
    {
        var offset = 0L;
        var firstOffsets = _batches.Select(batch => (offset += batch.Count) - batch.Count).ToArray();

        await using var commands = new NpgsqlBatch(_connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("""
                    WITH head AS (
                        UPDATE source_heads
                        SET head_position = head_position + $2, received = received + $3, duplicates = duplicates + $4, dead_lettered = dead_lettered + $5,
                            last_event_micros = greatest(last_event_micros, $6),
                            last_created_micros = CASE WHEN $2 > 0 THEN greatest(last_created_micros, $7) ELSE last_created_micros END
                        WHERE source_id = $1
                        RETURNING head_position, last_created_micros),
                    added AS (
                        INSERT INTO event_batches (source_id, last_position, first_position, batch, schema_version, payload_bytes, created_micros, trace_parent,
                                                   mean_event_micros, min_event_micros, statistics)
                        SELECT $1, head_position - $2 + b.first_offset + b.events, head_position - $2 + b.first_offset + 1, b.batch, $8, b.bytes, last_created_micros, $9,
                               b.mean_micros, b.min_micros, b.statistics
                        FROM head, unnest($10, $11, $12, $13, $14, $15, $16) AS b (batch, first_offset, events, bytes, mean_micros, min_micros, statistics))
                    SELECT head_position FROM head
                    """)
                {
                    Parameters =
                    {
                        new() { Value = _schema.SourceId },
                        new() { Value = _accepted },
                        new() { Value = _received },
                        new() { Value = _duplicates },
                        new() { Value = _deadLettered },
                        new() { Value = _lastEventMicros },
                        new() { Value = _timeProvider.GetUtcNow().ToMicros() },
                        new() { Value = _schema.Version },
                        new() { Value = traceParent },
                        BigInts(_batches.Select(batch => batch.Number)),
                        BigInts(firstOffsets),
                        BigInts(_batches.Select(batch => (long)batch.Count)),
                        BigInts(_batches.Select(batch => batch.PayloadBytes)),
                        BigInts(_batches.Select(batch => batch.MeanEventMicros)),
                        BigInts(_batches.Select(batch => batch.FirstEventMicros)),
                        new() { Value = _batches.Select(batch => batch.Statistics).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                    },
                },
                new NpgsqlBatchCommand("COMMIT"),
            },
        };

        var lastPosition = (long)(await commands.ExecuteScalarAsync(cancellationToken))!;
        return new AppendResult(_accepted, _duplicates, _deadLettered, lastPosition);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    /// <summary>
    /// Enters the ids into event_ids and finds out which were there. COPY takes a third of the time of INSERT ... ON CONFLICT but knows
    /// only all or nothing, so it is tried first where no duplicates are expected; a failure costs the time of the COPY.
    /// Both wait for a transaction that has entered the same id and not ended yet.
    /// </summary>
    private async Task ClaimIdsAsync(EventRows rows, int day, bool expectDuplicates, CancellationToken cancellationToken)
    {
        const string Savepoint = "ids";
        if (!expectDuplicates)
        {
            try
            {
                await _transaction.SaveAsync(Savepoint, cancellationToken);
                await CopyIdsAsync(rows, day, cancellationToken);
                return;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                await _transaction.RollbackAsync(Savepoint, cancellationToken);
            }
        }

        await using var command = new NpgsqlCommand(
            """
            INSERT INTO event_ids (source_id, day, event_id) SELECT $1, $2, id FROM unnest($3) AS id
            ON CONFLICT DO NOTHING RETURNING event_id
            """,
            _connection)
        {
            Parameters = { new() { Value = _schema.SourceId }, new() { Value = day }, new() { Value = rows.DistinctIds() } },
        };

        List<string> fresh = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            fresh.Add(reader.GetString(0));
        }

        rows.KeepOnly(fresh);
    }

    private async Task CopyIdsAsync(EventRows rows, int day, CancellationToken cancellationToken)
    {
        var (buffer, length) = rows.EncodeIds(_schema.SourceId, day);
        try
        {
            await using var copy = await _connection.BeginRawBinaryCopyAsync(
                "COPY event_ids (source_id, day, event_id) FROM STDIN (FORMAT BINARY)", cancellationToken);
            await copy.WriteAsync(CopyFormat.Header, cancellationToken);
            await copy.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
            await copy.WriteAsync(CopyFormat.Trailer, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task CopyEventsAsync(EventRows rows, int day, CancellationToken cancellationToken)
    {
        await using var copy = await _connection.BeginRawBinaryCopyAsync(
            $"COPY {Partitions.NameOf(day)} (batch, event_micros, seq, event_id, payload) FROM STDIN (FORMAT BINARY)", cancellationToken);
        await copy.WriteAsync(CopyFormat.Header, cancellationToken);
        foreach (var piece in rows.Pieces())
        {
            await copy.WriteAsync(piece, cancellationToken);
        }

        await copy.WriteAsync(CopyFormat.Trailer, cancellationToken);
    }

    private static NpgsqlParameter BigInts(IEnumerable<long> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private readonly record struct Batch(long Number, int Count, long PayloadBytes, long MeanEventMicros, long FirstEventMicros, byte[] Statistics);
}
