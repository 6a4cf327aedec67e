using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>A resource without a process: a database of a server, a parameter, a connection string, an external service.</summary>
internal sealed class PassiveResource(InstanceServices services, IResource resource)
{
    public async Task LiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LiveCoreAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application ends.
        }
        catch (Exception exception)
        {
            var failure = exception is DistributedApplicationException ? exception.Message : exception.ToString();
            services.Loggers.GetLogger(resource).LogError("{Message}", failure);
            services.Notifications.Publish(resource, resource.Name, snapshot => snapshot with
            {
                State = exception is MissingParameterValueException
                    ? new ResourceStateSnapshot(KnownResourceStates.ValueMissing, KnownResourceStateStyles.Warning)
                    : new ResourceStateSnapshot(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
                Failure = failure,
            });
        }
    }

    private async Task LiveCoreAsync(CancellationToken cancellationToken)
    {
        await services.Eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services.Provider), cancellationToken);
        if (resource is IResourceWithParent { Parent: var parent } && parent is not ParameterResource)
        {
            await WaitForParentAsync(parent, cancellationToken);
        }

        var value = resource is ParameterResource parameter ? await parameter.GetValueAsync(cancellationToken) : null;
        var monitor = new HealthMonitor(services, resource, resource.Name, index: 0);
        services.Notifications.Publish(resource, resource.Name, snapshot => snapshot with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            HealthReports = monitor.InitialReports,
            Failure = null,
            StartTimeStamp = services.Time.GetUtcNow().UtcDateTime,
            Properties = value is null ? snapshot.Properties : [new ResourcePropertySnapshot("Value", value) { IsSensitive = ((ParameterResource)resource).Secret }],
        });
        await monitor.RunAsync(cancellationToken);
    }

    // Fails when its parent does, so that nobody waits for it in vain, and comes up when somebody has started the parent again.
    private async Task WaitForParentAsync(IResource parent, CancellationToken cancellationToken)
    {
        services.Notifications.Publish(resource, resource.Name, snapshot => snapshot with { State = KnownResourceStates.Waiting });
        try
        {
            await services.Notifications.WaitForResourceHealthyAsync(parent.Name, WaitBehavior.StopOnResourceUnavailable, cancellationToken);
        }
        catch (DistributedApplicationException exception)
        {
            services.Notifications.Publish(resource, resource.Name, snapshot => snapshot with
            {
                State = new ResourceStateSnapshot(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error),
                Failure = exception.Message,
            });
            await services.Notifications.WaitForResourceHealthyAsync(parent.Name, WaitBehavior.WaitOnResourceUnavailable, cancellationToken);
        }
    }
}
