using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Evaluation;
using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.Health;

/// <summary>The stored series: one point per closed window, oldest first.</summary>
internal sealed class SeriesReader(NpgsqlDataSource dataSource)
{
    // Newest points are kept where a range has more.
    private const int MaxPoints = 2_000;

    private const string Drift = $"""
        SELECT w.window_start, w.window_end, w.sample, s.ordinal, {DriftScores.Columns}
        FROM (
            SELECT * FROM drift_windows
            WHERE model_name = $1 AND model_version = $2 AND closed AND window_end > $3 AND window_start < $4
            ORDER BY window_start DESC, window_end DESC LIMIT $5
        ) w
        LEFT JOIN drift_scores s USING (model_name, model_version, window_start, window_end)
        ORDER BY w.window_start, w.window_end, s.ordinal
        """;

    private const string Performance = $"""
        SELECT * FROM (
            SELECT window_start, window_end, {PerformanceRow.Columns} FROM performance_windows
            WHERE model_name = $1 AND model_version = $2 AND closed AND sample > 0 AND window_start <> -1 AND window_end > $3 AND window_start < $4
            ORDER BY window_start DESC, window_end DESC LIMIT $5
        ) newest ORDER BY window_start, window_end
        """;

    public async Task<DriftSeries> ReadDriftAsync(ModelVersionKey version, long fromMicros, long toMicros, CancellationToken cancellationToken)
    {
        var series = new DriftSeries();
        await using var command = Command(Drift, version, fromMicros, toMicros);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (start, end) = (reader.GetInt64(0), reader.GetInt64(1));
            if (series.Points.Count == 0 || series.Points[^1].WindowStartMicros != start || series.Points[^1].WindowEndMicros != end)
            {
                series.Points.Add(new DriftPoint { WindowStartMicros = start, WindowEndMicros = end, Sample = reader.GetInt64(2) });
            }

            if (!reader.IsDBNull(3))
            {
                series.Points[^1].Scores.Add(ContractFigures.ToContract(DriftScores.Read(reader, 4)));
            }
        }

        return series;
    }

    public async Task<PerformanceSeries> ReadPerformanceAsync(
        ModelVersionKey version, long fromMicros, long toMicros, CancellationToken cancellationToken)
    {
        await using var command = Command(Performance, version, fromMicros, toMicros);
        var series = new PerformanceSeries();
        series.Points.AddRange(await command.ReadAllAsync(
            row => ContractFigures.ToPoint(row.GetInt64(0), row.GetInt64(1), PerformanceRow.Read(row, 2)), cancellationToken));
        return series;
    }

    private NpgsqlCommand Command(string sql, ModelVersionKey version, long fromMicros, long toMicros) =>
        dataSource.CreateCommand(sql)
            .With(version.ModelName).With(version.Version)
            .With(fromMicros == 0 ? long.MinValue : fromMicros).With(toMicros == 0 ? long.MaxValue : toMicros)
            .With(MaxPoints);
}
