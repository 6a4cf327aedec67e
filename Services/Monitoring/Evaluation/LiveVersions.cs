using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>Versions whose figures over their newest predictions are out of date.</summary>
internal static class LiveVersions
{
    private const int VersionsPerRound = 50;

    /// <summary>Calls <paramref name="refresh"/> for each and takes its mark away, in one transaction.</summary>
    /// <param name="mark">A column of model_versions: drift_dirty or performance_dirty.</param>
    public static async Task RefreshAsync(
        NpgsqlDataSource dataSource, string mark, Func<EvaluationTransaction, ModelVersionKey, Task> refresh, CancellationToken cancellationToken)
    {
        await using var transaction = await EvaluationTransaction.TryBeginAsync(dataSource, cancellationToken);
        if (transaction is null)
        {
            return;
        }

        await using var take = transaction.Command(
            $"SELECT model_name, model_version FROM model_versions WHERE {mark} ORDER BY 1, 2 LIMIT $1", VersionsPerRound);
        foreach (var version in await take.ReadAllAsync(row => new ModelVersionKey(row.GetString(0), row.GetInt32(1)), cancellationToken))
        {
            await refresh(transaction, version);
            await using var clean = transaction.Command(
                $"UPDATE model_versions SET {mark} = false WHERE model_name = $1 AND model_version = $2", version.ModelName, version.Version);
            await clean.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }
}
