using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>Asks the health checks of one instance, often until it is well and less often after that.</summary>
internal sealed class HealthMonitor(InstanceServices services, IResource resource, string id, int index)
{
    private static readonly TimeSpan WhileStarting = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WhileUnhealthy = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WhileHealthy = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StartPeriod = TimeSpan.FromSeconds(60);

    private readonly HashSet<string> _keys = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key)];

    /// <summary>Unknown is not well: before the first answer nobody may take the resource for healthy.</summary>
    public ImmutableArray<HealthReportSnapshot> InitialReports =>
        [.. _keys.Select(key => new HealthReportSnapshot(key, HealthStatus.Unhealthy, "Not checked yet.", null))];

    /// <summary>Runs until cancelled; publishes <see cref="ResourceReadyEvent"/> when the instance is well for the first time.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var scope = ReplicaScope.Enter(index);
        var started = services.Time.GetTimestamp();
        var wasHealthy = false;

        while (true)
        {
            var reports = await CheckAsync(cancellationToken);
            var published = services.Notifications.Publish(resource, id, snapshot => snapshot with { HealthReports = reports });
            var isHealthy = published.Snapshot.HealthStatus == HealthStatus.Healthy;
            if (isHealthy && published.Snapshot.ReadyHandlers is null)
            {
                var handlers = services.Eventing.PublishAsync(new ResourceReadyEvent(resource, services.Provider), cancellationToken);
                services.Notifications.Publish(resource, id, snapshot => snapshot with { ReadyHandlers = handlers });
                await handlers;
            }

            wasHealthy |= isHealthy;
            if (_keys.Count == 0)
            {
                return;
            }

            var delay = isHealthy ? WhileHealthy : !wasHealthy && services.Time.GetElapsedTime(started) < StartPeriod ? WhileStarting : WhileUnhealthy;
            await Task.Delay(delay, services.Time, cancellationToken);
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
        ];
    }
}
