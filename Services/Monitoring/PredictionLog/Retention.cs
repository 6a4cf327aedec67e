using CloudNativeAi.Monitoring.Store;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Monitoring.PredictionLog;

/// <summary>Drops what is older than predictions are kept; makes the next days' partitions ahead of need.</summary>
internal sealed partial class Retention(
    NpgsqlDataSource dataSource, Partitions partitions, IOptions<PredictionLogOptions> options, TimeProvider timeProvider, ILogger<Retention> logger)
{
    private const int WaitingPerRound = 10_000;

    // The ids of a partition go first: were it the other way round, a crash between the two would leave ids without a prediction.
    private static string ForgetIds(string partition) => $"""
        DELETE FROM outcomes o USING {partition} p
        WHERE o.prediction_id = p.prediction_id AND p.created_micros >= $1 AND p.created_micros < $2
        """;

    private const string ForgetWaiting = """
        WITH expired AS (
            DELETE FROM outcomes WHERE prediction_id IN (
                SELECT prediction_id FROM outcomes WHERE waiting_since < $1 ORDER BY prediction_id LIMIT $2 FOR UPDATE SKIP LOCKED)
            RETURNING label_model
        ), counted AS (
            UPDATE waiting_labels w SET labels = w.labels - e.labels
            FROM (SELECT label_model, count(*) AS labels FROM expired GROUP BY label_model) e WHERE w.model_name = e.label_model
        )
        SELECT count(*) FROM expired
        """;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = timeProvider.Now();
        await partitions.EnsureAsync([now, now + Micros.PerDay], cancellationToken);

        var oldest = Micros.Floor(now - Micros.From(options.Value.Retention), Micros.PerDay);
        foreach (var day in await partitions.ListDaysAsync(cancellationToken))
        {
            if (day >= oldest)
            {
                break;
            }

            await ForgetIdsAsync(day, cancellationToken);
            await partitions.DropAsync(day, cancellationToken);
            LogDropped(Micros.ToInstant(day));
        }

        await ForgetWaitingAsync(oldest, cancellationToken);
    }

    private async Task ForgetIdsAsync(long day, CancellationToken cancellationToken)
    {
        const long Hour = Micros.PerDay / 24;

        // An hour at a time keeps each transaction short.
        for (var start = day; start < day + Micros.PerDay; start += Hour)
        {
            await using var command = dataSource.CreateCommand(ForgetIds(Partitions.NameOf("predictions", day)))
                .With(start).With(start + Hour);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task ForgetWaitingAsync(long beforeMicros, CancellationToken cancellationToken)
    {
        long forgotten;
        do
        {
            await using var command = dataSource.CreateCommand(ForgetWaiting).With(beforeMicros).With(WaitingPerRound);
            forgotten = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        while (forgotten == WaitingPerRound);
    }

    [LoggerMessage(LogLevel.Information, "Dropped the predictions of {Day:yyyy-MM-dd}")]
    private partial void LogDropped(DateTimeOffset day);
}
