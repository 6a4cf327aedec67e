using CloudNativeAi.Monitoring.Drift;
using CloudNativeAi.Monitoring.Store;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>Rows of drift_scores: one per feature, window and version, so that any SQL dashboard can chart them.</summary>
internal static class DriftScores
{
    /// <summary>Columns that <see cref="Read"/> wants, in its order.</summary>
    public const string Columns =
        "name, psi, missing_psi, missing_share, baseline_missing_share, expected_psi, watch_threshold, drift_threshold, level";

    private const string Delete = """
        DELETE FROM drift_scores WHERE model_name = $1 AND model_version = $2 AND window_start = $3 AND window_end = $4
        """;

    private const string Insert = $"""
        INSERT INTO drift_scores (model_name, model_version, window_start, window_end, ordinal, {Columns})
        SELECT $1, $2, $3, $4, ordinal, {Columns}
        FROM unnest($5, $6, $7, $8, $9, $10, $11, $12, $13) WITH ORDINALITY AS scores ({Columns}, ordinal)
        """;

    public static void Save(NpgsqlBatch batch, ModelVersionKey version, Window window, IReadOnlyList<DriftFigure> figures)
    {
        batch.Add(Delete, version.ModelName, version.Version, window.StartMicros, window.EndMicros);
        if (figures.Count == 0)
        {
            return;
        }

        batch.Add(
            Insert, version.ModelName, version.Version, window.StartMicros, window.EndMicros,
            figures.Select(figure => figure.Name).ToArray(),
            figures.Select(figure => figure.Psi).ToArray(),
            figures.Select(figure => figure.MissingPsi).ToArray(),
            figures.Select(figure => figure.MissingShare).ToArray(),
            figures.Select(figure => figure.BaselineMissingShare).ToArray(),
            figures.Select(figure => figure.ExpectedPsi).ToArray(),
            figures.Select(figure => figure.WatchThreshold).ToArray(),
            figures.Select(figure => figure.DriftThreshold).ToArray(),
            figures.Select(figure => figure.Level).ToArray());
    }

    public static DriftFigure Read(NpgsqlDataReader row, int first) => new(
        row.GetString(first), row.GetDouble(first + 1), row.GetDouble(first + 2), row.GetDouble(first + 3), row.GetDouble(first + 4),
        row.GetDouble(first + 5), row.GetDouble(first + 6), row.GetDouble(first + 7), row.GetString(first + 8));
}
