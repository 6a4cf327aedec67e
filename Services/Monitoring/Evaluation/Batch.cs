using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>What one call added for one version: a row of prediction_batches or label_batches.</summary>
internal sealed record Batch(long Id, ModelVersionKey Version, long Rows, long FirstCreatedMicros, long LastCreatedMicros, long LastLabelMicros)
{
    public static Batch Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), new ModelVersionKey(row.GetString(1), row.GetInt32(2)), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6));

    /// <summary>The first batches that together have at most so many rows, at least one batch.</summary>
    public static List<Batch> Limit(List<Batch> batches, int rows)
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

    /// <summary>The three columns that identify the batches, as parameters for unnest.</summary>
    public static object[] Keys(List<Batch> batches) =>
    [
        batches.Select(batch => batch.Id).ToArray(),
        batches.Select(batch => batch.Version.ModelName).ToArray(),
        batches.Select(batch => batch.Version.Version).ToArray(),
    ];
}
