using CloudNativeAi.Ingestion.EventLog;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Ingestion.Pulls;

/// <param name="Place">Null: nothing was read yet.</param>
/// <param name="Fault">Why the last round failed; empty: it did not.</param>
internal sealed record TablePull(TablePlace? Place, AppendResult Kept, string Fault, long UpdatedMicros);

/// <summary>How far each source has read its table.</summary>
internal sealed class TablePullStore(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    private long NowMicros => timeProvider.GetUtcNow().ToMicros();

    /// <summary>Null: the source has never pulled.</summary>
    public async Task<TablePull?> FindAsync(int sourceId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "SELECT watermark, row_key, accepted, duplicates, dead_lettered, fault, updated_micros FROM table_pulls WHERE source_id = $1");
        command.Parameters.Add(new() { Value = sourceId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var place = await reader.IsDBNullAsync(0, cancellationToken) ? null : new TablePlace(reader.GetString(0), reader.GetString(1));
        return new TablePull(
            place, new AppendResult(reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), LastPosition: 0), reader.GetString(5), reader.GetInt64(6));
    }

    /// <summary>Moves on, in the transaction that makes the rows durable.</summary>
    /// <exception cref="PullMovedException">Another replica has moved on from <paramref name="from"/>.</exception>
    public async Task SaveAsync(
        int sourceId, NpgsqlConnection connection, TablePlace? from, TablePlace to, AppendResult added, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO table_pulls AS p (source_id, watermark, row_key, received, accepted, duplicates, dead_lettered, updated_micros)
            VALUES ($1, $4, $5, $6 + $7 + $8, $6, $7, $8, $9)
            ON CONFLICT (source_id) DO UPDATE SET watermark = $4, row_key = $5, received = p.received + excluded.received, accepted = p.accepted + $6,
                duplicates = p.duplicates + $7, dead_lettered = p.dead_lettered + $8, fault = '', updated_micros = $9
            WHERE p.watermark IS NOT DISTINCT FROM $2 AND p.row_key IS NOT DISTINCT FROM $3
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = sourceId },
                new() { Value = (object?)from?.Watermark ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (object?)from?.Key ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = to.Watermark },
                new() { Value = to.Key },
                new() { Value = added.Accepted },
                new() { Value = added.Duplicates },
                new() { Value = added.DeadLettered },
                new() { Value = NowMicros },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new PullMovedException();
        }
    }

    /// <param name="fault">Empty: the round ended well.</param>
    public async Task SetFaultAsync(int sourceId, string fault, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            INSERT INTO table_pulls (source_id, fault, updated_micros) VALUES ($1, $2, $3)
            ON CONFLICT (source_id) DO UPDATE SET fault = $2, updated_micros = $3
            """);
        command.Parameters.Add(new() { Value = sourceId });
        command.Parameters.Add(new() { Value = fault });
        command.Parameters.Add(new() { Value = NowMicros });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Another replica has read these rows. Nothing of the page was written.</summary>
internal sealed class PullMovedException() : Exception("Another replica has moved the pull on.");
