using CloudNativeAi.Monitoring.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>Adds newly joined labels to the totals, each once, and marks the windows whose quality has to be measured again.</summary>
internal sealed class LabelFolder(NpgsqlDataSource dataSource, IOptions<EvaluationOptions> options, TimeProvider timeProvider)
{
    private const string Take = """
        SELECT batch_id, model_name, model_version, labels_joined, first_created_micros, last_created_micros, last_label_micros
        FROM label_batches ORDER BY batch_id LIMIT 500
        """;

    private const string ReadWindows = """
        SELECT DISTINCT model_name, model_version, prediction_micros - (((prediction_micros % $4) + $4) % $4)
        FROM labelled_predictions WHERE batch_id = ANY ($1) AND created_micros BETWEEN $2 AND $3
        """;

    private const string Mark = """
        INSERT INTO performance_windows (model_name, model_version, window_start, window_end, changed_micros, dirty, closed)
        VALUES ($1, $2, $3, $4, $5, true, false)
        ON CONFLICT (model_name, model_version, window_start, window_end) DO UPDATE SET changed_micros = excluded.changed_micros, dirty = true
        """;

    private const string Total = """
        INSERT INTO model_versions AS v (model_name, model_version, labels_joined, last_label_micros, performance_dirty)
        VALUES ($1, $2, $3, $4, true)
        ON CONFLICT (model_name, model_version) DO UPDATE SET
            labels_joined = v.labels_joined + excluded.labels_joined,
            last_label_micros = greatest(v.last_label_micros, excluded.last_label_micros),
            performance_dirty = true
        """;

    /// <summary>Counts one round of joined labels; false when there was nothing to count.</summary>
    public async Task<bool> FoldAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await EvaluationTransaction.TryBeginAsync(dataSource, cancellationToken);
        if (transaction is null)
        {
            return false;
        }

        var batches = await Batch.TakeAsync(transaction, Take, options.Value.RowsPerRound, cancellationToken);
        if (batches.Count == 0)
        {
            return false;
        }

        var width = Micros.From(options.Value.Window);
        await using var read = transaction.Command(
            ReadWindows,
            batches.Select(batch => batch.Id).Distinct().ToArray(),
            batches.Min(batch => batch.FirstCreatedMicros),
            batches.Max(batch => batch.LastCreatedMicros),
            width);
        var windows = await read.ReadAllAsync(
            row => (Version: new ModelVersionKey(row.GetString(0), row.GetInt32(1)), Start: row.GetInt64(2)), cancellationToken);

        var now = timeProvider.Now();
        await using var batch = transaction.Batch();
        foreach (var (version, start) in windows)
        {
            batch.Add(Mark, version.ModelName, version.Version, start, start + width, now);
        }

        foreach (var version in batches.GroupBy(added => added.Version))
        {
            batch.Add(
                Total, version.Key.ModelName, version.Key.Version, version.Sum(added => added.Rows), version.Max(added => added.LastLabelMicros));
        }

        Batch.Forget(batch, "label_batches", batches);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
