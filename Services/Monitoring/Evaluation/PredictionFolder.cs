using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Drift;
using CloudNativeAi.Monitoring.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>
/// Adds new predictions to the histograms of their windows and to the totals, each once: what is counted and the mark that it is
/// counted are one transaction.
/// </summary>
internal sealed class PredictionFolder(
    NpgsqlDataSource dataSource, BaselineStore baselines, IOptions<EvaluationOptions> options, TimeProvider timeProvider)
{
    // Versions whose baseline is not known yet wait; they don't hold up the others.
    private const string Take = """
        SELECT batch_id, model_name, model_version, predictions, first_created_micros, last_created_micros, 0::bigint
        FROM prediction_batches JOIN baselines USING (model_name, model_version)
        ORDER BY batch_id LIMIT 500
        """;

    private const string Read = """
        SELECT batch_id, model_name, model_version, prediction_micros, score, features FROM predictions
        WHERE batch_id = ANY ($1) AND created_micros BETWEEN $2 AND $3
        """;

    private const string Merge = """
        INSERT INTO drift_windows AS w (model_name, model_version, window_start, window_end, sample, malformed, counts, changed_micros, dirty, closed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true, false)
        ON CONFLICT (model_name, model_version, window_start, window_end) DO UPDATE SET
            sample = w.sample + excluded.sample,
            malformed = w.malformed + excluded.malformed,
            counts = CASE
                WHEN cardinality(w.counts) = 0 THEN excluded.counts
                WHEN cardinality(excluded.counts) = 0 THEN w.counts
                ELSE (SELECT array_agg(a + b ORDER BY n) FROM unnest(w.counts, excluded.counts) WITH ORDINALITY AS both_sides (a, b, n))
            END,
            changed_micros = excluded.changed_micros,
            dirty = true
        """;

    private const string Total = """
        INSERT INTO model_versions AS v (model_name, model_version, predictions, last_created_micros, newest_prediction_micros, arrived_micros, drift_dirty)
        VALUES ($1, $2, $3, $4, $5, $6, true)
        ON CONFLICT (model_name, model_version) DO UPDATE SET
            predictions = v.predictions + excluded.predictions,
            last_created_micros = greatest(v.last_created_micros, excluded.last_created_micros),
            newest_prediction_micros = greatest(v.newest_prediction_micros, excluded.newest_prediction_micros),
            arrived_micros = excluded.arrived_micros,
            drift_dirty = true
        """;

    /// <summary>Counts one round of predictions; false when there was nothing to count.</summary>
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

        var known = new Dictionary<ModelVersionKey, Baseline?>();
        foreach (var version in batches.Select(batch => batch.Version).Distinct())
        {
            known[version] = (await baselines.FindAsync(version, cancellationToken))?.Baseline;
        }

        var (windows, newest) = await CountAsync(transaction, batches, known, cancellationToken);
        await SaveAsync(transaction, batches, windows, newest, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private async Task<(Dictionary<(ModelVersionKey, Window), WindowHistogram> Windows, Dictionary<ModelVersionKey, long> Newest)> CountAsync(
        EvaluationTransaction transaction, List<Batch> batches, Dictionary<ModelVersionKey, Baseline?> known, CancellationToken cancellationToken)
    {
        var taken = batches.Select(batch => (batch.Id, batch.Version)).ToHashSet();
        var windows = new Dictionary<(ModelVersionKey, Window), WindowHistogram>();
        var newest = new Dictionary<ModelVersionKey, long>();

        await using var read = transaction.Command(
            Read,
            batches.Select(batch => batch.Id).Distinct().ToArray(),
            batches.Min(batch => batch.FirstCreatedMicros),
            batches.Max(batch => batch.LastCreatedMicros));
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var version = new ModelVersionKey(reader.GetString(1), reader.GetInt32(2));
            if (!taken.Contains((reader.GetInt64(0), version)))
            {
                continue;
            }

            var micros = reader.GetInt64(3);
            var key = (version, Window.Of(micros, options.Value.Window));
            if (!windows.TryGetValue(key, out var histogram))
            {
                windows[key] = histogram = new WindowHistogram(known[version]);
            }

            histogram.Add(reader.GetDouble(4), reader.GetFieldValue<double[]>(5));
            newest[version] = Math.Max(micros, newest.GetValueOrDefault(version, long.MinValue));
        }

        return (windows, newest);
    }

    private async Task SaveAsync(
        EvaluationTransaction transaction,
        List<Batch> batches,
        Dictionary<(ModelVersionKey Version, Window Window), WindowHistogram> windows,
        Dictionary<ModelVersionKey, long> newest,
        CancellationToken cancellationToken)
    {
        var now = timeProvider.Now();
        await using var batch = transaction.Batch();
        foreach (var ((version, window), histogram) in windows)
        {
            batch.Add(
                Merge, version.ModelName, version.Version, window.StartMicros, window.EndMicros,
                histogram.Sample, histogram.Malformed, histogram.Counts, now);
        }

        foreach (var version in batches.GroupBy(added => added.Version))
        {
            batch.Add(
                Total, version.Key.ModelName, version.Key.Version, version.Sum(added => added.Rows),
                version.Max(added => added.LastCreatedMicros), newest.GetValueOrDefault(version.Key), now);
        }

        Batch.Forget(batch, "prediction_batches", batches);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
