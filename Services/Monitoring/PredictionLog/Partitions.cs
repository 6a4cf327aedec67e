using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace CloudNativeAi.Monitoring.PredictionLog;

/// <summary>The daily partitions of the prediction log and of its labelled part.</summary>
internal sealed class Partitions(NpgsqlDataSource dataSource)
{
    public static readonly string[] Tables = ["predictions", "labelled_predictions"];

    // One maker at a time, in all replicas.
    private const long AdvisoryLock = 0x434E_4149_0001;
    private const string DayFormat = "yyyyMMdd";

    private readonly ConcurrentDictionary<long, bool> _known = new();

    public static string NameOf(string table, long dayMicros) =>
        $"{table}_{Micros.ToInstant(dayMicros).ToString(DayFormat, CultureInfo.InvariantCulture)}";

    /// <summary>Makes the partitions of these created timestamps where they are missing.</summary>
    public async Task EnsureAsync(IEnumerable<long> createdMicros, CancellationToken cancellationToken)
    {
        var missing = createdMicros.Select(micros => Micros.Floor(micros, Micros.PerDay)).Distinct()
            .Where(day => !_known.ContainsKey(day)).Order().ToList();
        if (missing.Count == 0)
        {
            return;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({AdvisoryLock})", connection, transaction))
        {
            await take.ExecuteNonQueryAsync(cancellationToken);
        }

        foreach (var day in missing)
        {
            foreach (var table in Tables)
            {
                await CreateAsync(connection, transaction, table, day, cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        foreach (var day in missing)
        {
            _known[day] = true;
        }
    }

    /// <summary>Days that have a partition, oldest first.</summary>
    public async Task<List<long>> ListDaysAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
            WHERE inhparent = 'predictions'::regclass ORDER BY 1
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var days = new List<long>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var day = DateTime.ParseExact(reader.GetString(0)[^DayFormat.Length..], DayFormat, CultureInfo.InvariantCulture);
            days.Add(Micros.From(new DateTimeOffset(day, TimeSpan.Zero)));
        }

        return days;
    }

    public async Task DropAsync(long day, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // The parent is locked for the moment of the drop: better to fail and try later than to queue every writer behind a long read.
        var drops = string.Concat(Tables.Select(table => $"DROP TABLE IF EXISTS {NameOf(table, day)};"));
        await using (var drop = new NpgsqlCommand($"SET LOCAL lock_timeout = '2s'; {drops}", connection, transaction))
        {
            await drop.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        _known.TryRemove(day, out _);
    }

    // Attaching takes a weaker lock on the parent than CREATE TABLE ... PARTITION OF: readers and writers go on.
    private static async Task CreateAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string table, long day, CancellationToken cancellationToken)
    {
        var name = NameOf(table, day);
        await using var exists = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection, transaction) { Parameters = { new() { Value = name } } };
        if ((bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
        {
            return;
        }

        await using var create = new NpgsqlCommand(
            $"""
            CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
            ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({day}) TO ({day + Micros.PerDay});
            """,
            connection, transaction);
        await create.ExecuteNonQueryAsync(cancellationToken);
    }
}
