using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>What one call added for one version: a row of prediction_batches or label_batches.</summary>
internal sealed record Batch(long Id, ModelVersionKey Version, long Rows, long FirstCreatedMicros, long LastCreatedMicros, long LastLabelMicros)
{
    /// <summary>Reads what a query gives, whose columns are those of the batch, in its order, oldest batch first; at most so many rows.</summary>
    public static async Task<List<Batch>> TakeAsync(EvaluationTransaction transaction, string query, int rows, CancellationToken cancellationToken)
    {
        await using var take = transaction.Command(query);
        return Limit(await take.ReadAllAsync(Read, cancellationToken), rows);
    }

    /// <summary>Marks batches of a table as counted, in the transaction that counts them: they go.</summary>
    public static void Forget(NpgsqlBatch commands, string table, List<Batch> batches) => commands.Add(
        $"""
        DELETE FROM {table} b USING unnest($1, $2, $3) AS taken (batch_id, model_name, model_version)
        WHERE b.batch_id = taken.batch_id AND b.model_name = taken.model_name AND b.model_version = taken.model_version
        """,
        batches.Select(batch => batch.Id).ToArray(),
        batches.Select(batch => batch.Version.ModelName).ToArray(),
        batches.Select(batch => batch.Version.Version).ToArray());

    /// <summary>The first batches that together have at most so many rows, at least one batch.</summary>
    private static List<Batch> Limit(List<Batch> batches, int rows)
    {
        var taken = new List<Batch>();
        var sum = 0L;
        foreach (var batch in batches)
        {
            if (taken.Count > 0 && sum + batch.Rows > rows)
            {
                break;
            }

            taken.Add(batch);
            sum += batch.Rows;
        }

        return taken;
    }

    private static Batch Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), new ModelVersionKey(row.GetString(1), row.GetInt32(2)), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6));
}
