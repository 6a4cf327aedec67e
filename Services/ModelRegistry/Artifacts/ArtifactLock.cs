using Npgsql;

namespace CloudNativeAi.ModelRegistry.Artifacts;

/// <summary>Keeps the orphan clean-up away from files that are in place but not yet referred to. Ends with the transaction.</summary>
internal static class ArtifactLock
{
    private const long Key = 0x4152_5449_4641_4354;

    public static Task TakeSharedAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock_shared({Key})", cancellationToken);

    public static Task TakeExclusiveAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Key})", cancellationToken);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
