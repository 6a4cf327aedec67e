using CloudNativeAi.Monitoring.Alerts;
using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Drift;
using CloudNativeAi.Monitoring.Store;
using CloudNativeAi.Monitoring.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>Turns histograms into drift figures: of closed windows, and of the newest predictions.</summary>
internal sealed class DriftRound(
    NpgsqlDataSource dataSource,
    BaselineStore baselines,
    AlertStore alerts,
    IOptions<DriftOptions> driftOptions,
    IOptions<EvaluationOptions> evaluationOptions,
    TimeProvider timeProvider,
    MonitoringMetrics metrics)
{
    private const int WindowsPerRound = 50;

    private const string TakeWindows = """
        SELECT model_name, model_version, window_start, window_end, sample, counts FROM drift_windows
        WHERE dirty AND closed AND changed_micros <= $1 ORDER BY window_start LIMIT $2
        """;

    private const string ReadNewest = """
        SELECT prediction_micros, score, features FROM predictions WHERE model_name = $1 AND model_version = $2
        ORDER BY created_micros DESC, prediction_id DESC LIMIT $3
        """;

    private const string SaveLive = """
        INSERT INTO live_drift (model_name, model_version, sample, window_start, window_end) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (model_name, model_version) DO UPDATE SET
            sample = excluded.sample, window_start = excluded.window_start, window_end = excluded.window_end
        """;

    /// <summary>Evaluates closed windows that changed; true when there may be more.</summary>
    public async Task<bool> EvaluateWindowsAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await EvaluationTransaction.TryBeginAsync(dataSource, cancellationToken);
        if (transaction is null)
        {
            return false;
        }

        var quietSince = timeProvider.Now() - Micros.From(evaluationOptions.Value.QuietPeriod);
        await using var take = transaction.Command(TakeWindows, quietSince, WindowsPerRound);
        var windows = await take.ReadAllAsync(
            row => (
                Version: new ModelVersionKey(row.GetString(0), row.GetInt32(1)), Window: new Window(row.GetInt64(2), row.GetInt64(3)),
                Sample: row.GetInt64(4), Counts: row.GetFieldValue<long[]>(5)),
            cancellationToken);

        foreach (var (version, window, sample, counts) in windows)
        {
            var baseline = (await baselines.FindAsync(version, cancellationToken))?.Baseline;
            IReadOnlyList<DriftFigure> figures = baseline is null ? [] : DriftEvaluator.Evaluate(baseline, counts, driftOptions.Value);

            await using var batch = transaction.Batch();
            DriftScores.Save(batch, version, window, figures);
            batch.Add(
                "UPDATE drift_windows SET dirty = false WHERE model_name = $1 AND model_version = $2 AND window_start = $3 AND window_end = $4",
                version.ModelName, version.Version, window.StartMicros, window.EndMicros);
            await batch.ExecuteNonQueryAsync(cancellationToken);

            if (sample >= driftOptions.Value.MinimumSample && DriftAlert.Of(version, window, sample, figures) is { } alert)
            {
                await alerts.RaiseAsync(transaction, alert, cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return windows.Count == WindowsPerRound;
    }

    /// <summary>Evaluates the newest predictions of versions that have new ones.</summary>
    public Task EvaluateLiveAsync(CancellationToken cancellationToken) => LiveVersions.RefreshAsync(
        dataSource,
        "drift_dirty",
        async (transaction, version) =>
        {
            var baseline = (await baselines.FindAsync(version, cancellationToken))?.Baseline;
            var (histogram, first, last) = await CountNewestAsync(transaction, version, baseline, cancellationToken);
            IReadOnlyList<DriftFigure> figures = baseline is null || histogram.Sample == 0
                ? [] : DriftEvaluator.Evaluate(baseline, histogram.Counts, driftOptions.Value);

            await using var batch = transaction.Batch();
            DriftScores.Save(batch, version, Window.Live, figures);
            batch.Add(SaveLive, version.ModelName, version.Version, histogram.Sample, first, last);
            await batch.ExecuteNonQueryAsync(cancellationToken);
            metrics.SetDrift(version, figures);
        },
        cancellationToken);

    private async Task<(WindowHistogram Histogram, long First, long Last)> CountNewestAsync(
        EvaluationTransaction transaction, ModelVersionKey version, Baseline? baseline, CancellationToken cancellationToken)
    {
        var histogram = new WindowHistogram(baseline);
        var (first, last) = (long.MaxValue, long.MinValue);
        await using var read = transaction.Command(ReadNewest, version.ModelName, version.Version, driftOptions.Value.LiveSample);
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var micros = reader.GetInt64(0);
            (first, last) = (Math.Min(first, micros), Math.Max(last, micros));
            histogram.Add(reader.GetDouble(1), reader.GetFieldValue<double[]>(2));
        }

        return histogram.Sample == 0 ? (histogram, 0, 0) : (histogram, first, last);
    }
}
