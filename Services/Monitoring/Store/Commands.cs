using Npgsql;

namespace CloudNativeAi.Monitoring.Store;

/// <summary>Reading rows without repeating the reader's loop.</summary>
internal static class Commands
{
    public static async Task<List<TRow>> ReadAllAsync<TRow>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadRowsAsync(read, cancellationToken);
    }

    public static async Task<TRow?> ReadFirstAsync<TRow>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellationToken)
        where TRow : class
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : null;
    }

    public static async Task<TRow> ReadSingleAsync<TRow>(
        this NpgsqlCommand command, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? read(reader)
            : throw new InvalidOperationException("The statement returned no row.");
    }

    /// <summary>The rows of the reader's current result.</summary>
    public static async Task<List<TRow>> ReadRowsAsync<TRow>(
        this NpgsqlDataReader reader, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellationToken)
    {
        var rows = new List<TRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Adds a positional parameter; the type comes from the value.</summary>
    public static NpgsqlCommand With(this NpgsqlCommand command, object value)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, object value)
    {
        command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    public static void Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.With(value);
        }

        batch.BatchCommands.Add(command);
    }
}
