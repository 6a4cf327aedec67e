using CloudNativeAi.Monitoring.Alerts;
using CloudNativeAi.Monitoring.Performance;
using CloudNativeAi.Monitoring.Store;
using CloudNativeAi.Monitoring.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>Measures quality again where labels came: in closed windows, and over the newest labelled predictions.</summary>
internal sealed class PerformanceRound(
    NpgsqlDataSource dataSource, AlertStore alerts, IOptions<PerformanceOptions> options, TimeProvider timeProvider, MonitoringMetrics metrics)
{
    private const int WindowsPerRound = 20;

    private const string TakeWindows = """
        SELECT w.model_name, w.model_version, w.window_start, w.window_end, coalesce(d.sample, 0),
            coalesce((p.policy ->> 'minimumAuc')::double precision, 0)
        FROM performance_windows w
        LEFT JOIN drift_windows d USING (model_name, model_version, window_start, window_end)
        LEFT JOIN retrain_policies p USING (model_name)
        WHERE w.dirty AND w.closed ORDER BY w.window_start LIMIT $1
        """;

    private const string CountWindow = """
        SELECT count(*) FROM labelled_predictions
        WHERE model_name = $1 AND model_version = $2 AND prediction_micros >= $3 AND prediction_micros < $4
        """;

    private const string ReadWindow = """
        SELECT score, label FROM labelled_predictions
        WHERE model_name = $1 AND model_version = $2 AND prediction_micros >= $3 AND prediction_micros < $4
            AND ($5 = 1 OR (hashtext(prediction_id) & 2147483647) % $5 = 0)
        """;

    private const string ReadNewest = """
        SELECT score, label FROM labelled_predictions WHERE model_name = $1 AND model_version = $2
        ORDER BY prediction_micros DESC LIMIT $3
        """;

    private const string Save = """
        INSERT INTO performance_windows (model_name, model_version, window_start, window_end, sample, auc, auc_low, auc_high, log_loss,
            positive_share, mean_score, mean_absolute_error, root_mean_squared_error, changed_micros, dirty, closed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, false, true)
        ON CONFLICT (model_name, model_version, window_start, window_end) DO UPDATE SET
            sample = excluded.sample, auc = excluded.auc, auc_low = excluded.auc_low, auc_high = excluded.auc_high,
            log_loss = excluded.log_loss, positive_share = excluded.positive_share, mean_score = excluded.mean_score,
            mean_absolute_error = excluded.mean_absolute_error, root_mean_squared_error = excluded.root_mean_squared_error, dirty = false
        """;

    /// <summary>Measures closed windows that got labels; true when there may be more.</summary>
    public async Task<bool> EvaluateWindowsAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await EvaluationTransaction.TryBeginAsync(dataSource, cancellationToken);
        if (transaction is null)
        {
            return false;
        }

        await using var take = transaction.Command(TakeWindows, WindowsPerRound);
        var windows = await take.ReadAllAsync(
            row => (
                Version: new ModelVersionKey(row.GetString(0), row.GetInt32(1)), Window: new Window(row.GetInt64(2), row.GetInt64(3)),
                Predictions: row.GetInt64(4), PolicyMinimumAuc: row.GetDouble(5)),
            cancellationToken);

        foreach (var (version, window, predictions, policyMinimumAuc) in windows)
        {
            var (figures, labelled) = await MeasureWindowAsync(transaction, version, window, cancellationToken);
            await SaveAsync(transaction, version, window, figures, cancellationToken);

            var minimumAuc = policyMinimumAuc > 0 ? policyMinimumAuc : options.Value.MinimumAuc;
            if (labelled >= options.Value.MinimumSample
                && labelled >= options.Value.MinimumLabelledShare * predictions
                && PerformanceAlert.Of(version, window, figures, minimumAuc) is { } alert)
            {
                await alerts.RaiseAsync(transaction, alert, cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return windows.Count == WindowsPerRound;
    }

    /// <summary>Measures the newest labelled predictions of versions that got labels.</summary>
    public Task EvaluateLiveAsync(CancellationToken cancellationToken) => LiveVersions.RefreshAsync(
        dataSource,
        "performance_dirty",
        async (transaction, version) =>
        {
            await using var read = transaction.Command(ReadNewest, version.ModelName, version.Version, options.Value.LiveSample);
            var figures = await MeasureAsync(read, cancellationToken);
            await SaveAsync(transaction, version, Window.Live, figures, cancellationToken);
            metrics.SetPerformance(version, figures);
        },
        cancellationToken);

    private async Task<(PerformanceFigures Figures, long Labelled)> MeasureWindowAsync(
        EvaluationTransaction transaction, ModelVersionKey version, Window window, CancellationToken cancellationToken)
    {
        await using var count = transaction.Command(CountWindow, version.ModelName, version.Version, window.StartMicros, window.EndMicros);
        var labelled = (long)(await count.ExecuteScalarAsync(cancellationToken))!;

        // One in so many, chosen by the id: the same ones whenever the window is measured again.
        var oneIn = (int)Math.Max(1, (labelled + options.Value.MaximumWindowSample - 1) / options.Value.MaximumWindowSample);
        await using var read = transaction.Command(ReadWindow, version.ModelName, version.Version, window.StartMicros, window.EndMicros, oneIn);
        return (await MeasureAsync(read, cancellationToken), labelled);
    }

    private static async Task<PerformanceFigures> MeasureAsync(NpgsqlCommand read, CancellationToken cancellationToken)
    {
        var (scores, labels) = (new List<double>(), new List<double>());
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            scores.Add(reader.GetDouble(0));
            labels.Add(reader.GetDouble(1));
        }

        return PerformanceFigures.Of([.. scores], [.. labels]);
    }

    private async Task SaveAsync(
        EvaluationTransaction transaction, ModelVersionKey version, Window window, PerformanceFigures figures, CancellationToken cancellationToken)
    {
        await using var save = transaction.Command(
            Save, version.ModelName, version.Version, window.StartMicros, window.EndMicros, figures.Sample,
            figures.AreaUnderCurve.Value, figures.AreaUnderCurve.Low, figures.AreaUnderCurve.High, figures.LogLoss,
            figures.PositiveShare, figures.MeanScore, figures.MeanAbsoluteError, figures.RootMeanSquaredError, timeProvider.Now());
        await save.ExecuteNonQueryAsync(cancellationToken);
    }
}
