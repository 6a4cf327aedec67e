using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.PredictionLog;
using CloudNativeAi.Monitoring.Store;
using CloudNativeAi.Monitoring.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Monitoring.Labels;

/// <summary>Writes labels, the first of each prediction, and joins them to predictions that are logged.</summary>
internal sealed class LabelStore(
    NpgsqlDataSource dataSource, IOptions<PredictionLogOptions> options, TimeProvider timeProvider, MonitoringMetrics metrics)
{
    private const string Stage = """
        CREATE TEMPORARY TABLE IF NOT EXISTS staged_labels (
            prediction_id text COLLATE "C", label double precision, label_micros bigint, model_name text COLLATE "C"
        ) ON COMMIT DELETE ROWS
        """;

    private const string Copy = "COPY staged_labels (prediction_id, label, label_micros, model_name) FROM STDIN (FORMAT BINARY)";

    // The row of the prediction id is locked by whichever of label and prediction comes first; the other one then sees it.
    private const string Insert = """
        WITH batch AS (
            SELECT nextval('batch_ids') AS batch_id
        ), accepted AS (
            INSERT INTO outcomes AS o (prediction_id, label, label_micros, label_model, waiting_since)
            SELECT prediction_id, label, label_micros, model_name, $1 FROM staged_labels ORDER BY prediction_id
            ON CONFLICT (prediction_id) DO UPDATE SET label = excluded.label, label_micros = excluded.label_micros
            WHERE o.label IS NULL
            RETURNING o.*
        ), labelled AS (
            INSERT INTO labelled_predictions
            SELECT created_micros, prediction_id, model_name, model_version, score, label, prediction_micros, label_micros,
                (SELECT batch_id FROM batch)
            FROM accepted WHERE created_micros IS NOT NULL
        ), labelled_batches AS (
            INSERT INTO label_batches
            SELECT (SELECT batch_id FROM batch), model_name, model_version, count(*), min(created_micros), max(created_micros), max(label_micros)
            FROM accepted WHERE created_micros IS NOT NULL
            GROUP BY model_name, model_version
        ), waiting AS (
            INSERT INTO waiting_labels AS w (model_name, labels)
            SELECT label_model, count(*) FROM accepted WHERE created_micros IS NULL GROUP BY label_model ORDER BY label_model
            ON CONFLICT (model_name) DO UPDATE SET labels = w.labels + excluded.labels
        )
        SELECT count(*), count(created_micros) FROM accepted
        """;

    /// <summary>Instants later than this are refused.</summary>
    public long LatestMicros => timeProvider.Now() + Micros.From(options.Value.ClockSkew);

    /// <summary>Logs valid labels in one transaction.</summary>
    public async Task<LogLabelsResponse> AppendAsync(IReadOnlyList<LabelRecord> labels, CancellationToken cancellationToken)
    {
        var distinct = labels.DistinctBy(label => label.PredictionId, StringComparer.Ordinal).ToList();
        var response = new LogLabelsResponse();
        if (distinct.Count > 0)
        {
            (response.Accepted, response.Joined) = await InsertAsync(distinct, cancellationToken);
        }

        response.Duplicates = labels.Count - response.Accepted;
        metrics.RecordLabels(response.Accepted, response.Duplicates, response.Joined);
        return response;
    }

    private async Task<(long Accepted, long Joined)> InsertAsync(List<LabelRecord> labels, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var stage = new NpgsqlCommand(Stage, connection, transaction))
        {
            await stage.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var writer = await connection.BeginBinaryImportAsync(Copy, cancellationToken))
        {
            foreach (var label in labels)
            {
                await writer.StartRowAsync(cancellationToken);
                await writer.WriteAsync(label.PredictionId, NpgsqlDbType.Text, cancellationToken);
                await writer.WriteAsync(label.Value, NpgsqlDbType.Double, cancellationToken);
                await writer.WriteAsync(label.LabelTimestampMicros, NpgsqlDbType.Bigint, cancellationToken);
                await writer.WriteAsync(label.ModelName, NpgsqlDbType.Text, cancellationToken);
            }

            await writer.CompleteAsync(cancellationToken);
        }

        await using var insert = new NpgsqlCommand(Insert, connection, transaction).With(timeProvider.Now());
        var counts = await insert.ReadSingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return counts;
    }
}
