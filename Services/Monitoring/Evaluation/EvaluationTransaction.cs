using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>A transaction in which this replica is the only one that evaluates.</summary>
internal sealed class EvaluationTransaction : IAsyncDisposable
{
    private const long AdvisoryLock = 0x434E_4149_0002;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private EvaluationTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    /// <summary>Null when another replica evaluates at the moment.</summary>
    public static async Task<EvaluationTransaction?> TryBeginAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = new EvaluationTransaction(connection, await connection.BeginTransactionAsync(cancellationToken));
            await using var take = transaction.Command($"SELECT pg_try_advisory_xact_lock({AdvisoryLock})");
            if ((bool)(await take.ExecuteScalarAsync(cancellationToken))!)
            {
                return transaction;
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

    public NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, _connection, _transaction);
        foreach (var value in values)
        {
            command.With(value);
        }

        return command;
    }

    public NpgsqlBatch Batch() => new(_connection, _transaction);

    public Task CommitAsync(CancellationToken cancellationToken) => _transaction.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
