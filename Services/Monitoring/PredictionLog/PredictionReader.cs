using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.PredictionLog;

/// <summary>Reads logged predictions with their labels.</summary>
internal sealed class PredictionReader(NpgsqlDataSource dataSource, BaselineStore baselines)
{
    private const string Columns = """
        p.prediction_id, p.model_name, p.model_version, p.score, p.label, p.prediction_micros, p.created_micros, p.entity_keys::text,
        p.features, p.role, p.latency_seconds, p.trace_id
        """;

    // Two steps, so that the partition is known when the second one is planned.
    private const string Locate = "SELECT model_name, created_micros, label, label_micros FROM outcomes WHERE prediction_id = $1 AND created_micros IS NOT NULL";

    private const string Read = $"""
        SELECT {Columns}, $4::double precision, $5::bigint FROM predictions p WHERE p.model_name = $1 AND p.created_micros = $2 AND p.prediction_id = $3
        """;

    private const string ListAll = $"""
        SELECT {Columns}, o.label, o.label_micros
        FROM (
            SELECT * FROM predictions
            WHERE model_name = $1 AND created_micros <= $2 AND (created_micros, prediction_id) < ($2, $3)
            ORDER BY created_micros DESC, prediction_id DESC LIMIT $4
        ) p
        LEFT JOIN outcomes o USING (prediction_id)
        ORDER BY p.created_micros DESC, p.prediction_id DESC
        """;

    private const string ListLabelled = $"""
        SELECT {Columns}, l.label, l.label_micros
        FROM (
            SELECT * FROM labelled_predictions
            WHERE model_name = $1 AND created_micros <= $2 AND (created_micros, prediction_id) < ($2, $3)
            ORDER BY created_micros DESC, prediction_id DESC LIMIT $4
        ) l
        CROSS JOIN LATERAL (
            SELECT * FROM predictions
            WHERE model_name = l.model_name AND created_micros = l.created_micros AND prediction_id = l.prediction_id LIMIT 1
        ) p
        ORDER BY l.created_micros DESC, l.prediction_id DESC
        """;

    /// <summary>Null when it was never logged or is no longer kept.</summary>
    public async Task<LoggedPrediction?> FindAsync(string predictionId, CancellationToken cancellationToken)
    {
        await using var locate = dataSource.CreateCommand(Locate).With(predictionId);
        var located = await locate.ReadFirstAsync(
            row => new { Model = row.GetString(0), Created = row.GetInt64(1), Label = row.GetValue(2), LabelMicros = row.GetValue(3) },
            cancellationToken);
        if (located is null)
        {
            return null;
        }

        await using var read = dataSource.CreateCommand(Read)
            .With(located.Model).With(located.Created).With(predictionId).With(located.Label).With(located.LabelMicros);
        var prediction = await read.ReadFirstAsync(ReadRow, cancellationToken);
        if (prediction is not null)
        {
            await NameFeaturesAsync([prediction], cancellationToken);
        }

        return prediction;
    }

    /// <summary>Newest first, strictly before the position.</summary>
    public async Task<List<LoggedPrediction>> ListAsync(
        string modelName, PagePosition before, int count, bool labelledOnly, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(labelledOnly ? ListLabelled : ListAll)
            .With(modelName).With(before.CreatedMicros).With(before.PredictionId).With(count);
        var predictions = await command.ReadAllAsync(ReadRow, cancellationToken);
        await NameFeaturesAsync(predictions, cancellationToken);
        return predictions;
    }

    private async Task NameFeaturesAsync(List<LoggedPrediction> predictions, CancellationToken cancellationToken)
    {
        foreach (var version in predictions.GroupBy(row => new ModelVersionKey(row.Prediction.ModelName, row.Prediction.ModelVersion)))
        {
            var names = (await baselines.FindAsync(version.Key, cancellationToken))?.Signature?.FeatureNames ?? [];
            foreach (var row in version.Where(row => row.Prediction.Features.Count == names.Length))
            {
                row.FeatureNames.Add(names);
            }
        }
    }

    private static LoggedPrediction ReadRow(NpgsqlDataReader row)
    {
        var prediction = new PredictionRecord
        {
            PredictionId = row.GetString(0),
            ModelName = row.GetString(1),
            ModelVersion = row.GetInt32(2),
            Score = row.GetDouble(3),
            Label = row.GetString(4),
            PredictionTimestampMicros = row.GetInt64(5),
            CreatedTimestampMicros = row.GetInt64(6),
            Role = row.GetString(9),
            LatencySeconds = row.GetDouble(10),
            TraceId = row.GetString(11),
        };
        prediction.Features.Add(row.GetFieldValue<double[]>(8));
        foreach (var (name, value) in EntityKeysJson.Read(row.GetString(7)))
        {
            prediction.EntityKeys[name] = value;
        }

        var logged = new LoggedPrediction { Prediction = prediction };
        if (!row.IsDBNull(12))
        {
            logged.TrueLabel = row.GetDouble(12);
            logged.LabelTimestampMicros = row.GetInt64(13);
        }

        return logged;
    }
}
