using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Store;
using Google.Protobuf;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Monitoring.Retraining;

/// <summary>The retrain policy of each model; a model without one is never retrained from here.</summary>
internal sealed class RetrainPolicies(NpgsqlDataSource dataSource, TimeProvider timeProvider)
{
    // A newer build may have written fields that this one does not know.
    internal static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <summary>Saves a valid policy, defaults filled in.</summary>
    public async Task<RetrainPolicy> PutAsync(RetrainPolicy policy, CancellationToken cancellationToken)
    {
        var saved = RetrainPolicyDefaults.Fill(policy);
        saved.UpdatedMicros = timeProvider.Now();
        await using var command = dataSource.CreateCommand("""
            INSERT INTO retrain_policies (model_name, policy, updated_micros) VALUES ($1, $2, $3)
            ON CONFLICT (model_name) DO UPDATE SET policy = excluded.policy, updated_micros = excluded.updated_micros
            """).With(saved.ModelName);
        command.Parameters.Add(new NpgsqlParameter { Value = JsonFormatter.Default.Format(saved), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.With(saved.UpdatedMicros).ExecuteNonQueryAsync(cancellationToken);
        return saved;
    }

    public async Task<RetrainPolicy?> FindAsync(string modelName, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("SELECT policy::text FROM retrain_policies WHERE model_name = $1").With(modelName);
        return await command.ReadFirstAsync(row => Parser.Parse<RetrainPolicy>(row.GetString(0)), cancellationToken);
    }
}
