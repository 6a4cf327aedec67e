using Npgsql;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>
/// At most one replica materializes: the one whose database session holds the advisory lock. The lock goes with the session, so a killed
/// replica gives way at once. Should two overlap for a moment (a broken connection), compare-and-set and the Delta log keep both right.
/// </summary>
internal sealed partial class MaterializationLease(NpgsqlDataSource dataSource, TimeProvider timeProvider, ILogger<MaterializationLease> logger)
{
    private const long AdvisoryLock = 0x434E_4149_4D41_5401;
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>Runs <paramref name="work"/> while the lock is held; its token ends when the lock is lost. Returns when either ends.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        while (!await TryLockAsync(connection, cancellationToken))
        {
            await Task.Delay(CheckInterval, timeProvider, cancellationToken);
        }

        LogLeading();
        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var working = work(held.Token);
        try
        {
            while (!working.IsCompleted)
            {
                await Task.WhenAny(working, Task.Delay(CheckInterval, timeProvider, held.Token));
                held.Token.ThrowIfCancellationRequested();
                await PingAsync(connection, held.Token);
            }
        }
        finally
        {
            await held.CancelAsync();
            await working.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await UnlockAsync(connection);
        }

        await working;
    }

    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({AdvisoryLock})", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task PingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteScalarAsync(cancellationToken);
    }

    // The connection goes back to the pool and its session lives on: the lock must not.
    private static async Task UnlockAsync(NpgsqlConnection connection)
    {
        if (connection.FullState != System.Data.ConnectionState.Open)
        {
            return;
        }

        try
        {
            await using var command = new NpgsqlCommand($"SELECT pg_advisory_unlock({AdvisoryLock})", connection);
            await command.ExecuteScalarAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The session is gone, and the lock with it.
        }
    }

    [LoggerMessage(LogLevel.Information, "This replica materializes features")]
    private partial void LogLeading();
}
