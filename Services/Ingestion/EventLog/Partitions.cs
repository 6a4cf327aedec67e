using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>The day partitions of the event log. Writers and readers name them directly, so that making one waits for nobody.</summary>
internal sealed class Partitions(NpgsqlDataSource dataSource)
{
    // Any fixed number: partitions are made and dropped by one replica at a time.
    private const long PartitionLock = 0x5041_5254;
    private const int BatchBits = 40;
    private const string NamePrefix = "events_";

    private readonly ConcurrentDictionary<int, bool> _known = new();

    public static string NameOf(int day) =>
        NamePrefix + DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(day).ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    public static int DayOf(string name) =>
        DateOnly.ParseExact(name[NamePrefix.Length..], "yyyyMMdd", CultureInfo.InvariantCulture).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    public static long FirstBatch(int day) => (long)day << BatchBits;

    public static int DayOf(long batch) => (int)(batch >> BatchBits);

    public ValueTask EnsureAsync(int day, CancellationToken cancellationToken) =>
        _known.ContainsKey(day) ? ValueTask.CompletedTask : new ValueTask(CreateAsync(day, cancellationToken));

    /// <summary>Drops every partition before <paramref name="firstDay"/> with its batches and event ids; returns how many.</summary>
    public async Task<int> DropBeforeAsync(int firstDay, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({PartitionLock})", cancellationToken);

        var firstKept = NameOf(firstDay);
        var expired = (await ListAsync(connection, cancellationToken)).Where(name => string.CompareOrdinal(name, firstKept) < 0).ToList();
        if (expired.Count == 0)
        {
            return 0;
        }

        // Batches first: a reader that no longer sees a batch never asks for its partition.
        await ExecuteAsync(connection, $"DELETE FROM event_batches WHERE batch < {FirstBatch(firstDay)}", cancellationToken);
        await ExecuteAsync(connection, $"DELETE FROM event_ids WHERE day < {firstDay}", cancellationToken);
        foreach (var name in expired)
        {
            await ExecuteAsync(connection, $"DROP TABLE {name}", cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        foreach (var day in _known.Keys.Where(day => day < firstDay))
        {
            _known.TryRemove(day, out _);
        }

        return expired.Count;
    }

    /// <summary>The first day of the newest that have at most this many bytes together, indexes included.</summary>
    public async Task<int> FindFirstWithinAsync(long bytes, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            SELECT c.relname::text, pg_total_relation_size(c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'events'::regclass ORDER BY 1 DESC
            """);
        var first = int.MaxValue;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken) && (bytes -= reader.GetInt64(1)) >= 0)
        {
            first = DayOf(reader.GetString(0));
        }

        return first;
    }

    private async Task CreateAsync(int day, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({PartitionLock})", cancellationToken);
        await ExecuteAsync(
            connection,
            $"CREATE TABLE IF NOT EXISTS {NameOf(day)} PARTITION OF events FOR VALUES FROM ({FirstBatch(day)}) TO ({FirstBatch(day + 1)})",
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _known[day] = true;
    }

    private static async Task<List<string>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<string> names = [];
        await using var command = new NpgsqlCommand(
            "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass ORDER BY 1", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
