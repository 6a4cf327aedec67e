using CloudNativeAi.Monitoring.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>Closes the windows that a model has left behind.</summary>
internal sealed class WindowCloser(NpgsqlDataSource dataSource, IOptions<EvaluationOptions> options, TimeProvider timeProvider)
{
    // A version that no longer predicts is closed by the model's other versions, and a model that no longer predicts by the clock.
    private static string Close(string table) => $"""
        UPDATE {table} w SET closed = true
        FROM (SELECT model_name, max(newest_prediction_micros) AS newest, max(arrived_micros) AS arrived FROM model_versions GROUP BY model_name) m
        WHERE NOT w.closed AND w.window_start <> -1 AND w.model_name = m.model_name AND w.changed_micros <= $1
            AND (w.window_end + $2 <= m.newest OR (w.window_end <= $3 AND m.arrived <= $4))
        """;

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await EvaluationTransaction.TryBeginAsync(dataSource, cancellationToken);
        if (transaction is null)
        {
            return;
        }

        var now = timeProvider.Now();
        var lateness = Micros.From(options.Value.AllowedLateness);
        var idleSince = now - Micros.From(options.Value.IdleClose);

        await using var batch = transaction.Batch();
        batch.Add(Close("drift_windows"), now - Micros.From(options.Value.QuietPeriod), lateness, now, idleSince);

        // Labels trickle in for as long as they like, so their windows need no quiet.
        batch.Add(Close("performance_windows"), now, lateness, now, idleSince);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
