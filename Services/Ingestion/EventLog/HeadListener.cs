using System.Globalization;
using CloudNativeAi.Ingestion.Sources;
using Npgsql;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Hears from other replicas that a head moved or a definition changed.</summary>
internal sealed partial class HeadListener(
    NpgsqlDataSource dataSource, HeadSignals signals, SourceCatalog catalog, TimeProvider timeProvider, ILogger<HeadListener> logger) : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (NpgsqlException exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotListening(exception.Message);
                await Task.Delay(RetryDelay, timeProvider, stoppingToken);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, notification) => Receive(notification);
        await using (var command = new NpgsqlCommand($"LISTEN {Channels.Heads}; LISTEN {Channels.Sources}", connection))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        // What was said while nobody listened.
        catalog.Forget();
        signals.PulseAll();

        while (true)
        {
            await connection.WaitAsync(cancellationToken);
        }
    }

    private void Receive(NpgsqlNotificationEventArgs notification)
    {
        if (notification.Channel == Channels.Sources)
        {
            catalog.Forget();
        }
        else if (int.TryParse(notification.Payload, NumberStyles.None, CultureInfo.InvariantCulture, out var sourceId))
        {
            signals.Pulse(sourceId);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Not listening to other replicas: {Reason}")]
    private partial void LogNotListening(string reason);
}
