using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ModelRegistry.ModelVersions;
using CloudNativeAi.ModelRegistry.Watching;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.Aliases;

/// <summary>How requests for a model are shared between champion and challenger.</summary>
internal sealed class TrafficPolicies(NpgsqlDataSource dataSource, ModelStateReader states, TimeProvider timeProvider)
{
    public static string? Check(TrafficPolicy? policy) => policy is null
        ? "A traffic policy is required."
        : policy.ChallengerShare is >= 0 and <= 1 ? null : $"The challenger's share is {policy.ChallengerShare}; 0 to 1 are allowed.";

    /// <summary>The model's new state, or null when there is no such model.</summary>
    public async Task<ModelState?> SetAsync(string modelName, TrafficPolicy policy, string reason, string actor, CancellationToken cancellationToken)
    {
        await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (await ModelRow.LockExistingAsync(connection, modelName, cancellationToken) is null)
            {
                return null;
            }

            var now = timeProvider.UnixMicroseconds();
            await using (var update = new NpgsqlCommand("UPDATE models SET challenger_share = $2, shadow_challenger = $3 WHERE name = $1", connection))
            {
                update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = modelName });
                update.Parameters.Add(new NpgsqlParameter<double> { TypedValue = policy.ChallengerShare });
                update.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = policy.ShadowChallenger });
                await update.ExecuteNonQueryAsync(cancellationToken);
            }

            await ModelRow.ChangedAsync(connection, modelName, now, cancellationToken);
            await AuditLog.AppendAsync(
                connection, now, "set_traffic_policy", modelName, reason, actor, new { policy.ChallengerShare, policy.ShadowChallenger }, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return await states.FindAsync(modelName, cancellationToken);
    }
}
