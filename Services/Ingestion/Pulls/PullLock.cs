using Npgsql;

namespace CloudNativeAi.Ingestion.Pulls;

/// <summary>Lets one replica at a time pull. It saves work; that nothing is read twice is seen to by the saved progress.</summary>
internal sealed class PullLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly string _name;

    private PullLock(NpgsqlConnection connection, string name) => (_connection, _name) = (connection, name);

    /// <summary>Null: another replica has it.</summary>
    public static async Task<PullLock?> TryTakeAsync(NpgsqlDataSource dataSource, string name, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", connection);
            command.Parameters.Add(new() { Value = name });
            if ((bool)(await command.ExecuteScalarAsync(cancellationToken))!)
            {
                return new PullLock(connection, name);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await using var _ = _connection;
        await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtextextended($1, 0))", _connection);
        command.Parameters.Add(new() { Value = _name });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
