using System.Globalization;
using Npgsql;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>
/// Tells other replicas that heads moved. Not in the writers' transactions: NOTIFY takes one lock of the whole cluster until the commit is
/// flushed. Announcements that gather while one is sent go together.
/// </summary>
internal sealed partial class HeadNotifier(NpgsqlDataSource dataSource, HeadSignals signals, TimeProvider timeProvider, ILogger<HeadNotifier> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var moved = new HashSet<int>();
        while (await signals.Announcements.WaitToReadAsync(stoppingToken))
        {
            moved.Clear();
            while (signals.Announcements.TryRead(out var sourceId))
            {
                moved.Add(sourceId);
            }

            try
            {
                await using var command = dataSource.CreateCommand($"SELECT pg_notify('{Channels.Heads}', id) FROM unnest($1) AS id");
                command.Parameters.Add(new() { Value = moved.Select(id => id.ToString(CultureInfo.InvariantCulture)).ToArray() });
                await command.ExecuteNonQueryAsync(stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                // Readers in other replicas look by themselves after their poll interval.
                LogNotNotified(exception.Message);
            }

            await Task.Delay(Pause, timeProvider, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Other replicas could not be notified of new events: {Reason}")]
    private partial void LogNotNotified(string reason);
}
