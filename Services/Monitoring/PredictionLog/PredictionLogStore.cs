using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Store;
using CloudNativeAi.Monitoring.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace CloudNativeAi.Monitoring.PredictionLog;

/// <summary>Writes predictions, each id once.</summary>
internal sealed class PredictionLogStore(
    NpgsqlDataSource dataSource, Partitions partitions, IOptions<PredictionLogOptions> options, TimeProvider timeProvider, MonitoringMetrics metrics)
{
    // The table lives as long as the pooled connection (which is not reset when it is returned) and is empty after each commit.
    private const string Stage = """
        CREATE TEMPORARY TABLE IF NOT EXISTS staged_predictions (
            created_micros bigint, prediction_id text COLLATE "C", model_name text COLLATE "C", model_version integer,
            score double precision, label text, prediction_micros bigint, entity_keys jsonb, features double precision[],
            role text, latency_seconds double precision, trace_id text
        ) ON COMMIT DELETE ROWS
        """;

    private const string Copy = """
        COPY staged_predictions (created_micros, prediction_id, model_name, model_version, score, label, prediction_micros,
            entity_keys, features, role, latency_seconds, trace_id) FROM STDIN (FORMAT BINARY)
        """;

    // Ids are taken in order, so that two calls with the same ids wait for each other instead of deadlocking.
    private const string Insert = """
        WITH batch AS (
            SELECT nextval('batch_ids') AS batch_id
        ), accepted AS (
            INSERT INTO outcomes AS o (prediction_id, model_name, model_version, score, prediction_micros, created_micros)
            SELECT prediction_id, model_name, model_version, score, prediction_micros, created_micros
            FROM staged_predictions ORDER BY prediction_id
            ON CONFLICT (prediction_id) DO UPDATE SET
                model_name = excluded.model_name, model_version = excluded.model_version, score = excluded.score,
                prediction_micros = excluded.prediction_micros, created_micros = excluded.created_micros, waiting_since = NULL
            WHERE o.created_micros IS NULL
            RETURNING o.prediction_id, o.label AS true_label, o.label_micros, o.label_model
        ), logged AS (
            INSERT INTO predictions (created_micros, prediction_id, model_name, model_version, score, label, prediction_micros,
                entity_keys, features, role, latency_seconds, trace_id, batch_id)
            SELECT created_micros, prediction_id, model_name, model_version, score, label, prediction_micros,
                entity_keys, features, role, latency_seconds, trace_id, (SELECT batch_id FROM batch)
            FROM staged_predictions JOIN accepted USING (prediction_id)
        ), logged_batches AS (
            INSERT INTO prediction_batches
            SELECT (SELECT batch_id FROM batch), model_name, model_version, count(*), min(created_micros), max(created_micros)
            FROM staged_predictions JOIN accepted USING (prediction_id)
            GROUP BY model_name, model_version
        ), labelled AS (
            INSERT INTO labelled_predictions
            SELECT created_micros, prediction_id, model_name, model_version, score, true_label, prediction_micros, label_micros,
                (SELECT batch_id FROM batch)
            FROM staged_predictions JOIN accepted USING (prediction_id) WHERE true_label IS NOT NULL
        ), labelled_batches AS (
            INSERT INTO label_batches
            SELECT (SELECT batch_id FROM batch), model_name, model_version, count(*), min(created_micros), max(created_micros), max(label_micros)
            FROM staged_predictions JOIN accepted USING (prediction_id) WHERE true_label IS NOT NULL
            GROUP BY model_name, model_version
        ), no_longer_waiting AS (
            UPDATE waiting_labels SET labels = waiting_labels.labels - joined.labels
            FROM (SELECT label_model, count(*) AS labels FROM accepted WHERE true_label IS NOT NULL GROUP BY label_model) joined
            WHERE waiting_labels.model_name = joined.label_model
        )
        SELECT count(*), count(true_label) FROM accepted
        """;

    /// <summary>Instants later than this are refused.</summary>
    public long LatestMicros => timeProvider.Now() + Micros.From(options.Value.ClockSkew);

    /// <summary>Logs valid predictions in one transaction.</summary>
    public async Task<LogPredictionsResponse> AppendAsync(IReadOnlyList<PredictionRecord> predictions, CancellationToken cancellationToken)
    {
        var oldest = Micros.Floor(timeProvider.Now() - Micros.From(options.Value.Retention), Micros.PerDay);
        var kept = predictions.Where(prediction => prediction.CreatedTimestampMicros >= oldest).ToList();
        var distinct = kept.DistinctBy(prediction => prediction.PredictionId, StringComparer.Ordinal).ToList();
        var response = new LogPredictionsResponse { Expired = predictions.Count - kept.Count };
        if (distinct.Count > 0)
        {
            (response.Accepted, var joined) = await InsertAsync(distinct, cancellationToken);
            metrics.RecordLabels(accepted: 0, duplicates: 0, joined);
        }

        response.Duplicates = kept.Count - response.Accepted;
        metrics.RecordPredictions(response.Accepted, response.Duplicates, response.Expired);
        return response;
    }

    private async Task<(long Accepted, long Joined)> InsertAsync(List<PredictionRecord> predictions, CancellationToken cancellationToken)
    {
        await partitions.EnsureAsync(predictions.Select(prediction => prediction.CreatedTimestampMicros), cancellationToken);

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var stage = new NpgsqlCommand(Stage, connection, transaction))
        {
            await stage.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var writer = await connection.BeginBinaryImportAsync(Copy, cancellationToken))
        {
            foreach (var prediction in predictions)
            {
                await WriteAsync(writer, prediction, cancellationToken);
            }

            await writer.CompleteAsync(cancellationToken);
        }

        await using var insert = new NpgsqlCommand(Insert, connection, transaction);
        var counts = await insert.ReadSingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return counts;
    }

    private static async Task WriteAsync(NpgsqlBinaryImporter writer, PredictionRecord prediction, CancellationToken cancellationToken)
    {
        await writer.StartRowAsync(cancellationToken);
        await writer.WriteAsync(prediction.CreatedTimestampMicros, NpgsqlDbType.Bigint, cancellationToken);
        await writer.WriteAsync(prediction.PredictionId, NpgsqlDbType.Text, cancellationToken);
        await writer.WriteAsync(prediction.ModelName, NpgsqlDbType.Text, cancellationToken);
        await writer.WriteAsync(prediction.ModelVersion, NpgsqlDbType.Integer, cancellationToken);
        await writer.WriteAsync(prediction.Score, NpgsqlDbType.Double, cancellationToken);
        await writer.WriteAsync(prediction.Label, NpgsqlDbType.Text, cancellationToken);
        await writer.WriteAsync(prediction.PredictionTimestampMicros, NpgsqlDbType.Bigint, cancellationToken);
        await writer.WriteAsync(EntityKeysJson.Write(prediction.EntityKeys), NpgsqlDbType.Jsonb, cancellationToken);
        await writer.WriteAsync(prediction.Features.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Double, cancellationToken);
        await writer.WriteAsync(prediction.Role, NpgsqlDbType.Text, cancellationToken);
        await writer.WriteAsync(prediction.LatencySeconds, NpgsqlDbType.Double, cancellationToken);
        await writer.WriteAsync(prediction.TraceId, NpgsqlDbType.Text, cancellationToken);
    }
}
