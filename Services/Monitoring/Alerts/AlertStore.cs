using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Evaluation;
using CloudNativeAi.Monitoring.Retraining;
using CloudNativeAi.Monitoring.Store;
using CloudNativeAi.Monitoring.Telemetry;
using Npgsql;

namespace CloudNativeAi.Monitoring.Alerts;

/// <summary>Alerts: one per version, kind and window, and with it, in the same transaction, the decision whether to retrain.</summary>
internal sealed partial class AlertStore(
    NpgsqlDataSource dataSource, RetrainDecision retrain, TimeProvider timeProvider, MonitoringMetrics metrics, ILogger<AlertStore> logger)
{
    private const string Insert = """
        INSERT INTO alerts (model_name, model_version, kind, window_start, window_end, reason, value, threshold, raised_micros)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (model_name, model_version, kind, window_start, window_end) DO NOTHING
        RETURNING alert_id
        """;

    private const string List = """
        SELECT alert_id, model_name, model_version, kind, reason, window_start, window_end, value, threshold, raised_micros FROM alerts
        WHERE ($1 = '' OR model_name = $1) AND alert_id < $2 ORDER BY alert_id DESC LIMIT $3
        """;

    public async Task RaiseAsync(EvaluationTransaction transaction, NewAlert alert, CancellationToken cancellationToken)
    {
        await using var insert = transaction.Command(
            Insert, alert.Version.ModelName, alert.Version.Version, alert.Kind, alert.Window.StartMicros, alert.Window.EndMicros,
            alert.Reason, alert.Value, alert.Threshold, timeProvider.Now());
        if (await insert.ExecuteScalarAsync(cancellationToken) is not long alertId)
        {
            return;
        }

        LogRaised(alert.Version.ModelName, alert.Version.Version, alert.Reason);
        metrics.RecordAlert(alert.Version.ModelName, alert.Kind);
        await retrain.DecideAsync(transaction, alertId, alert, cancellationToken);
    }

    /// <summary>Newest first; an empty name lists all models.</summary>
    public async Task<List<Alert>> ListAsync(string modelName, long beforeId, int pageSize, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(List)
            .With(modelName).With(beforeId > 0 ? beforeId : long.MaxValue).With(pageSize);
        return await command.ReadAllAsync(
            row => new Alert
            {
                Id = row.GetInt64(0),
                ModelName = row.GetString(1),
                ModelVersion = row.GetInt32(2),
                Kind = row.GetString(3),
                Reason = row.GetString(4),
                WindowStartMicros = row.GetInt64(5),
                WindowEndMicros = row.GetInt64(6),
                Value = row.GetDouble(7),
                Threshold = row.GetDouble(8),
                RaisedMicros = row.GetInt64(9),
            },
            cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Alert for {ModelName} version {Version}: {Reason}")]
    private partial void LogRaised(string modelName, int version, string reason);
}
