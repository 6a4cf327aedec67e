using CloudNativeAi.Monitoring.Performance;
using Npgsql;

namespace CloudNativeAi.Monitoring.Health;

/// <summary>Figures as performance_windows has them.</summary>
internal static class PerformanceRow
{
    /// <summary>Columns that <see cref="Read"/> wants, in its order.</summary>
    public const string Columns =
        "sample, auc, auc_low, auc_high, log_loss, positive_share, mean_score, mean_absolute_error, root_mean_squared_error";

    public static PerformanceFigures Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        new AreaUnderCurve(row.GetDouble(first + 1), row.GetDouble(first + 2), row.GetDouble(first + 3)),
        row.GetDouble(first + 4), row.GetDouble(first + 5), row.GetDouble(first + 6), row.GetDouble(first + 7), row.GetDouble(first + 8));
}
