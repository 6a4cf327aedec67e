using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OnlineStore;
using Npgsql;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Keeps this replica's picture of definitions, builds and progress up to date with what other replicas write.</summary>
internal sealed partial class ChangeListener(
    NpgsqlDataSource dataSource,
    DefinitionCatalog definitions,
    OnlineViews onlineViews,
    ProgressStore progressStore,
    ProgressBoard board,
    WakeSignals signals,
    TimeProvider timeProvider,
    ILogger<ChangeListener> logger) : BackgroundService
{
    // Also without a notification: one may have been lost with its connection.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>The first picture is there before the first request.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await definitions.RefreshAsync(cancellationToken);
        await onlineViews.RefreshAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLost(exception);
                await Task.Delay(Retry, timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var isChanged = true;
        var isProgress = true;
        connection.Notification += (_, notification) =>
        {
            isChanged |= notification.Channel == ChangeChannel.Name;
            isProgress |= notification.Channel == ProgressStore.ProgressChannel;
        };
        await using (var listen = new NpgsqlCommand($"LISTEN {ChangeChannel.Name}; LISTEN {ProgressStore.ProgressChannel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        while (true)
        {
            if (isChanged)
            {
                isChanged = false;
                await definitions.RefreshAsync(cancellationToken);
                await onlineViews.RefreshAsync(cancellationToken);
                signals.WakeAll();
            }

            if (isProgress && !board.IsWrittenHere)
            {
                isProgress = false;
                var views = await onlineViews.RefreshAsync(cancellationToken);
                foreach (var source in await progressStore.GetSourcesAsync(cancellationToken))
                {
                    board.Set(source, views.Views.Values.Select(view => (view.Build.Generation, view.Build.Position)));
                }
            }

            isChanged |= !await connection.WaitAsync(LongestWait, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Changes of other replicas are not heard for a moment")]
    private partial void LogLost(Exception exception);
}
