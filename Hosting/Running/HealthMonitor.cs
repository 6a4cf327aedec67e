using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Asks the health checks of one instance, often until it is well and less often after that.</summary>
internal sealed class HealthMonitor(InstanceServices services, IResource resource, string id, int index)
{
    private static readonly TimeSpan WhileStarting = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WhileUnhealthy = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhileHealthy = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartPeriod = TimeSpan.FromSeconds(60);

    private readonly HashSet<string> _keys = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key)];
    private readonly long _started = services.Time.GetTimestamp();
    private long? _becameHealthy;
    private HealthReportSnapshot? _readyFailure;

    /// <summary>Unknown is not well: before the first answer nobody may take the resource for healthy.</summary>
    public ImmutableArray<HealthReportSnapshot> InitialReports =>
        [.. _keys.Select(key => new HealthReportSnapshot(key, HealthStatus.Unhealthy, "Not checked yet.", null))];

    /// <summary>Time since the instance became healthy; null when it has not been so far.</summary>
    public TimeSpan? HealthyFor
    {
        get
        {
            var ran = services.Time.GetElapsedTime(_started);
            return _keys.Count == 0
                ? (ran >= RestartPolicy.RunsWell ? ran : null)
                : (_becameHealthy is { } became ? services.Time.GetElapsedTime(became) : null);
        }
    }

    /// <summary>Runs until cancelled; publishes <see cref="ResourceReadyEvent"/> when the instance is well for the first time.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var scope = ReplicaScope.Enter(index);

        while (true)
        {
            var reports = await CheckAsync(cancellationToken);
            var published = services.Notifications.Publish(resource, id, snapshot => snapshot with { HealthReports = reports });
            var isHealthy = published.Snapshot.HealthStatus == HealthStatus.Healthy;
            if (isHealthy)
            {
                _becameHealthy ??= services.Time.GetTimestamp();
                if (published.Snapshot.ReadyHandlers is null)
                {
                    await RunReadyHandlersAsync(cancellationToken);
                }
            }

            if (_keys.Count == 0)
            {
                return;
            }

            var delay = isHealthy ? WhileHealthy
                : _becameHealthy is null && services.Time.GetElapsedTime(_started) < StartPeriod ? WhileStarting
                : WhileUnhealthy;
            await Task.Delay(delay, services.Time, cancellationToken);
        }
    }

    // A handler that fails, such as one that creates databases, leaves the resource of no use to those who wait for it.
    private async Task RunReadyHandlersAsync(CancellationToken cancellationToken)
    {
        var handlers = services.Eventing.PublishAsync(new ResourceReadyEvent(resource, services.Provider), cancellationToken);
        services.Notifications.Publish(resource, id, snapshot => snapshot with { ReadyHandlers = handlers });
        try
        {
            await handlers;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            services.Loggers.GetLogger(id).LogError(exception, "A handler of the ready event failed");
            _readyFailure = new HealthReportSnapshot("ready", HealthStatus.Unhealthy, "A handler of the ready event failed.", exception.Message);
            services.Notifications.Publish(resource, id, snapshot => snapshot with
            {
                State = new ResourceStateSnapshot(KnownResourceStates.RuntimeUnhealthy, KnownResourceStateStyles.Error),
                Failure = $"A handler of its ready event failed: {exception.Message}",
                HealthReports = [.. snapshot.HealthReports, _readyFailure],
            });
        }
    }

    private async Task<ImmutableArray<HealthReportSnapshot>> CheckAsync(CancellationToken cancellationToken)
    {
        if (_keys.Count == 0)
        {
            return [];
        }

        var report = await services.HealthChecks.CheckHealthAsync(registration => _keys.Contains(registration.Name), cancellationToken);
        var now = services.Time.GetUtcNow().UtcDateTime;
        return
        [
            .. report.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry =>
                new HealthReportSnapshot(entry.Key, entry.Value.Status, entry.Value.Description, entry.Value.Exception?.Message) { LastRunAt = now }),
            .. _readyFailure is null ? Array.Empty<HealthReportSnapshot>() : [_readyFailure],
        ];
    }
}
