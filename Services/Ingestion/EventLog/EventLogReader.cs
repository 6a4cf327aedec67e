using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>The range of positions that the log of a source has now.</summary>
internal readonly record struct LogRange(long Oldest, long Head);

/// <summary>Reads the log of one source by position.</summary>
internal sealed class EventLogReader(NpgsqlDataSource dataSource, IOptions<EventLogOptions> options)
{
    // Bounds the number of batches looked up for one message, when batches are small.
    private const int MaxBatches = 2_000;

    public async Task<LogRange> ReadRangeAsync(int sourceId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            SELECT coalesce((SELECT b.first_position FROM event_batches b WHERE b.source_id = h.source_id ORDER BY b.last_position LIMIT 1), h.head_position + 1),
                   h.head_position
            FROM source_heads h WHERE h.source_id = $1
            """);
        command.Parameters.Add(new() { Value = sourceId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new LogRange(reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>
    /// The next events after a position, in order and without a gap: at most <paramref name="limit"/>, and about
    /// <see cref="EventLogOptions.MaxMessageBytes"/>. Empty at the head. Null when retention has removed what comes next.
    /// </summary>
    public async Task<EventBatch?> ReadAsync(int sourceId, long after, long until, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);

        var (head, batches) = await ReadBatchesAsync(connection, sourceId, after, limit, cancellationToken);
        var slices = Choose(batches, after, Math.Min(until, head), limit);
        if (slices.Count == 0)
        {
            return head > after && (batches.Count == 0 || batches[0].First > after + 1) ? null : new EventBatch { HeadPosition = head };
        }

        var events = new LoggedEvent[slices.Sum(slice => slice.Count)];
        try
        {
            // One command for each day in the range, which is nearly always one.
            foreach (var day in slices.GroupBy(slice => Partitions.DayOf(slice.Batch.Number)))
            {
                await ReadEventsAsync(connection, Partitions.NameOf(day.Key), [.. day], after, events, cancellationToken);
            }
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return null;
        }

        if (Array.IndexOf(events, null) is var gap and >= 0)
        {
            throw new InvalidDataException($"The event log has no event at position {after + 1 + gap} of source {sourceId}, although the position was given.");
        }

        var response = new EventBatch { HeadPosition = head };
        response.Events.AddRange(events);
        return response;
    }

    // Takes whole batches, and parts of the first and the last, until rows or bytes are enough.
    private List<Slice> Choose(List<LogBatch> batches, long after, long until, int limit)
    {
        List<Slice> slices = [];
        var bytes = 0L;
        var next = after + 1;
        foreach (var batch in batches)
        {
            if (batch.First > next || next > until || limit == 0 || bytes >= options.Value.MaxMessageBytes)
            {
                break;
            }

            var average = Math.Max(1, batch.PayloadBytes / (batch.Last - batch.First + 1));
            var room = Math.Max(1, (options.Value.MaxMessageBytes - bytes) / average);
            var count = (int)Math.Min(Math.Min(limit, room), Math.Min(batch.Last, until) - next + 1);
            slices.Add(new Slice(batch, (int)(next - batch.First), count));
            next += count;
            limit -= count;
            bytes += count * average;
        }

        return slices;
    }

    private static async Task<(long Head, List<LogBatch> Batches)> ReadBatchesAsync(
        NpgsqlConnection connection, int sourceId, long after, int limit, CancellationToken cancellationToken)
    {
        // One statement, one snapshot: the head and the batches agree.
        await using var command = new NpgsqlCommand(
            """
            SELECT h.head_position, b.first_position, b.last_position, b.batch, b.payload_bytes, b.created_micros, b.trace_parent, b.schema_version
            FROM source_heads h
            LEFT JOIN LATERAL (
                SELECT * FROM event_batches b WHERE b.source_id = h.source_id AND b.last_position > $2 ORDER BY b.last_position LIMIT $3) b ON true
            WHERE h.source_id = $1
            """,
            connection)
        {
            Parameters = { new() { Value = sourceId }, new() { Value = after }, new() { Value = (long)Math.Min(limit, MaxBatches) } },
        };

        var head = 0L;
        List<LogBatch> batches = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            head = reader.GetInt64(0);
            if (!await reader.IsDBNullAsync(1, cancellationToken))
            {
                batches.Add(new LogBatch(
                    reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetString(6), reader.GetInt32(7)));
            }
        }

        return (head, batches);
    }

    private static async Task ReadEventsAsync(
        NpgsqlConnection connection, string partition, Slice[] slices, long after, LoggedEvent[] events, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT e.batch, e.seq, e.event_micros, e.event_id, e.payload::text
            FROM unnest($1, $2, $3) AS s (batch, first, last) JOIN {partition} e ON e.batch = s.batch AND e.seq BETWEEN s.first AND s.last
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = slices.Select(slice => slice.Batch.Number).ToArray() },
                new() { Value = slices.Select(slice => slice.FirstSeq).ToArray() },
                new() { Value = slices.Select(slice => slice.FirstSeq + slice.Count - 1).ToArray() },
            },
        };

        var byNumber = slices.ToDictionary(slice => slice.Batch.Number, slice => slice.Batch);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var batch = byNumber[reader.GetInt64(0)];
            var position = batch.First + reader.GetInt32(1);
            events[position - after - 1] = new LoggedEvent
            {
                Position = position,
                EventTimestampMicros = reader.GetInt64(2),
                Id = reader.GetString(3),
                Payload = UnsafeByteOperations.UnsafeWrap(reader.GetFieldValue<byte[]>(4)),
                CreatedTimestampMicros = batch.CreatedMicros,
                TraceParent = batch.TraceParent,
                SchemaVersion = batch.SchemaVersion,
            };
        }
    }

    private readonly record struct LogBatch(long First, long Last, long Number, long PayloadBytes, long CreatedMicros, string TraceParent, int SchemaVersion);

    private readonly record struct Slice(LogBatch Batch, int FirstSeq, int Count);
}
