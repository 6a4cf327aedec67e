using System.Data;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Baselines;
using CloudNativeAi.Monitoring.Evaluation;
using CloudNativeAi.Monitoring.Performance;
using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.Health;

/// <summary>Puts a model's health together from what the evaluation keeps; no log is read.</summary>
internal sealed class ModelHealthReader(NpgsqlDataSource dataSource)
{
    // Totals and what the evaluation has not counted yet, in one statement and so as of one instant: exact.
    private const string Versions = """
        SELECT model_name, model_version, sum(predictions)::bigint, sum(labels_joined)::bigint, max(last_created_micros),
            max(last_label_micros), sum(pending)::bigint
        FROM (
            SELECT model_name, model_version, predictions, labels_joined, last_created_micros, last_label_micros, 0 AS pending FROM model_versions
            UNION ALL
            SELECT model_name, model_version, predictions, 0, last_created_micros, 0, predictions FROM prediction_batches
            UNION ALL
            SELECT model_name, model_version, 0, labels_joined, 0, last_label_micros, 0 FROM label_batches
        ) counted
        WHERE $1 = '' OR model_name = $1
        GROUP BY model_name, model_version
        """;

    private const string Champions = "SELECT model_name, model_version FROM champions WHERE $1 = '' OR model_name = $1";

    // Every row, whatever the model: their sum is the number of labels that wait.
    private const string Waiting = "SELECT model_name, labels FROM waiting_labels";

    private const string Baselines = "SELECT model_name, model_version, state FROM baselines WHERE $1 = '' OR model_name = $1";

    private const string LiveDrift =
        "SELECT model_name, model_version, sample, window_start, window_end FROM live_drift WHERE $1 = '' OR model_name = $1";

    private const string LiveScores = $"""
        SELECT s.model_name, s.model_version, {DriftScores.Columns} FROM drift_scores s
        WHERE window_start = -1 AND window_end = -1 AND ($1 = '' OR s.model_name = $1) ORDER BY 1, 2, ordinal
        """;

    private const string LivePerformance = $"""
        SELECT model_name, model_version, {PerformanceRow.Columns} FROM performance_windows
        WHERE window_start = -1 AND window_end = -1 AND ($1 = '' OR model_name = $1)
        """;

    /// <summary>All models that predicted, were labelled or have a champion; an empty name means all.</summary>
    public async Task<ListModelHealthResponse> ReadAsync(string modelName, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.Add(Versions, modelName);
        batch.Add(Champions, modelName);
        batch.Add(Waiting);
        batch.Add(Baselines, modelName);
        batch.Add(LiveDrift, modelName);
        batch.Add(LiveScores, modelName);
        batch.Add(LivePerformance, modelName);

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var versions = await reader.ReadRowsAsync(VersionTotals.Read, cancellationToken);
        var champions = await ReadNextAsync(reader, row => (Model: row.GetString(0), Version: row.GetInt32(1)), cancellationToken);
        var waiting = await ReadNextAsync(reader, row => (Model: row.GetString(0), Labels: row.GetInt64(1)), cancellationToken);
        var baselines = (await ReadNextAsync(reader, row => (Key: ReadKey(row), State: row.GetString(2)), cancellationToken))
            .ToDictionary(row => row.Key, row => row.State);
        var drift = (await ReadNextAsync(
            reader, row => (Key: ReadKey(row), Sample: row.GetInt64(2), Start: row.GetInt64(3), End: row.GetInt64(4)), cancellationToken))
            .ToDictionary(row => row.Key);
        var scores = (await ReadNextAsync(reader, row => (Key: ReadKey(row), Figure: DriftScores.Read(row, 2)), cancellationToken))
            .ToLookup(row => row.Key, row => row.Figure);
        var performance = (await ReadNextAsync(reader, row => (Key: ReadKey(row), Figures: PerformanceRow.Read(row, 2)), cancellationToken))
            .ToDictionary(row => row.Key, row => row.Figures);

        var championOf = champions.ToDictionary(row => row.Model, row => row.Version, StringComparer.Ordinal);
        var waitingOf = waiting.ToDictionary(row => row.Model, row => row.Labels, StringComparer.Ordinal);
        var versionsOf = versions.ToLookup(row => row.Key.ModelName, StringComparer.Ordinal);

        var response = new ListModelHealthResponse { LabelsWaiting = waiting.Sum(row => row.Labels) };
        foreach (var model in versionsOf.Select(group => group.Key).Union(championOf.Keys).Order(StringComparer.Ordinal))
        {
            var champion = championOf.GetValueOrDefault(model);
            var health = CreateHealth(model, champion, [.. versionsOf[model]], waitingOf.GetValueOrDefault(model));
            var key = new ModelVersionKey(model, health.ModelVersion);
            health.Baseline = baselines.GetValueOrDefault(key, BaselineState.Pending);
            if (drift.TryGetValue(key, out var live))
            {
                (health.DriftSample, health.DriftWindowStartMicros, health.DriftWindowEndMicros) = (live.Sample, live.Start, live.End);
            }

            health.Drift.AddRange(scores[key].Select(ContractFigures.ToContract));
            ContractFigures.Fill(health, performance.GetValueOrDefault(key, PerformanceFigures.None));
            response.Models.Add(health);
        }

        return response;
    }

    /// <summary>The champion, or without one the version that predicted last; 0 when the model is not known.</summary>
    public async Task<int> FindVersionAsync(string modelName, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("""
            SELECT coalesce(
                (SELECT model_version FROM champions WHERE model_name = $1 AND model_version > 0),
                (SELECT model_version FROM model_versions WHERE model_name = $1 ORDER BY last_created_micros DESC, model_version DESC LIMIT 1),
                0)
            """).With(modelName);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static ModelHealth CreateHealth(string model, int champion, List<VersionTotals> versions, long waitingLabels)
    {
        var labelsJoined = versions.Sum(version => version.LabelsJoined);
        return new ModelHealth
        {
            ModelName = model,
            ChampionVersion = champion,
            ModelVersion = champion > 0 ? champion
                : versions.OrderByDescending(version => version.LastCreatedMicros).ThenByDescending(version => version.Key.Version)
                    .Select(version => version.Key.Version).FirstOrDefault(),
            Predictions = versions.Sum(version => version.Predictions),
            PredictionsPending = versions.Sum(version => version.Pending),
            LabelsJoined = labelsJoined,
            Labels = labelsJoined + waitingLabels,
            LastPredictionMicros = versions.Count == 0 ? 0 : versions.Max(version => version.LastCreatedMicros),
            LastLabelMicros = versions.Count == 0 ? 0 : versions.Max(version => version.LastLabelMicros),
        };
    }

    private static async Task<List<TRow>> ReadNextAsync<TRow>(
        NpgsqlDataReader reader, Func<NpgsqlDataReader, TRow> read, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadRowsAsync(read, cancellationToken);
    }

    private static ModelVersionKey ReadKey(NpgsqlDataReader row) => new(row.GetString(0), row.GetInt32(1));

    private sealed record VersionTotals(
        ModelVersionKey Key, long Predictions, long LabelsJoined, long LastCreatedMicros, long LastLabelMicros, long Pending)
    {
        public static VersionTotals Read(NpgsqlDataReader row) => new(
            ReadKey(row), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6));
    }
}
