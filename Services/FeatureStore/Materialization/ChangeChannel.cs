using Npgsql;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>The PostgreSQL channel over which replicas tell each other that definitions or progress changed.</summary>
internal static class ChangeChannel
{
    public const string Name = "feature_store";

    public static async Task NotifyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"NOTIFY {Name}", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
