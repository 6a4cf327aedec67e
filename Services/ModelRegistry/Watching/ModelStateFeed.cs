using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using CloudNativeAi.Contracts.ModelRegistry;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.Watching;

/// <summary>
/// Listens to PostgreSQL for changed models and hands the new states to every watcher of this process.
/// A missed notification is made good by reading all models at each (re)connect and each <see cref="SweepInterval"/>.
/// </summary>
internal sealed partial class ModelStateFeed(
    NpgsqlDataSource dataSource, ModelStateReader states, TimeProvider timeProvider, ILogger<ModelStateFeed> logger) : BackgroundService
{
    public const string NotificationChannel = "model_changed";
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ModelWatcher, bool> _watchers = [];

    /// <summary>Every model as it is now, then each change, until cancelled.</summary>
    public async IAsyncEnumerable<ModelState> WatchAsync(string modelName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watcher = new ModelWatcher(modelName);
        _watchers.TryAdd(watcher, true);
        try
        {
            // Watching began before the read, so that nothing falls between; the watcher drops what it has seen.
            watcher.Offer(await states.ReadAllAsync(cancellationToken));
            while (true)
            {
                while (watcher.TryTake(out var state))
                {
                    yield return state;
                }

                await watcher.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            _watchers.TryRemove(watcher, out _);
        }
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
                LogConnectionLost(exception);
                await Task.Delay(ReconnectDelay, timeProvider, stoppingToken);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var changed = new HashSet<string>();
        connection.Notification += (_, notification) => changed.Add(notification.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {NotificationChannel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        Publish(await states.ReadAllAsync(cancellationToken));
        while (true)
        {
            if (!await connection.WaitAsync(SweepInterval, cancellationToken))
            {
                // Also finds out that the connection is dead, which a wait alone would not.
                await using var probe = new NpgsqlCommand("SELECT 1", connection);
                await probe.ExecuteNonQueryAsync(cancellationToken);
                Publish(await states.ReadAllAsync(cancellationToken));
                continue;
            }

            string[] names = [.. changed];
            changed.Clear();
            Publish(await states.ReadAsync(names, cancellationToken));
        }
    }

    private void Publish(IReadOnlyList<ModelState> changed)
    {
        foreach (var watcher in _watchers.Keys)
        {
            watcher.Offer(changed);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The connection that listens for model changes was lost; watchers wait")]
    private partial void LogConnectionLost(Exception exception);
}
