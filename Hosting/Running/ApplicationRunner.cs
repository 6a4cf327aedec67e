using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Lifecycle;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Run mode: brings the application up in the order its waits allow, and takes it down in reverse.</summary>
internal sealed class ApplicationRunner(
    DistributedApplicationModel model,
    InstanceServices services,
    EndpointAllocation endpoints,
    ResourceServiceHost resourceService,
    IServiceProvider provider) : IHostedService, IAsyncDisposable
{
    private readonly Dictionary<IResource, IReadOnlyList<ResourceInstance>> _instances = [];
    private readonly List<TcpProxy> _proxies = [];
    private readonly List<Task> _passive = [];
    private readonly CancellationTokenSource _stopping = new();
    private bool _isDisposed;

    /// <summary>Process id of a resource (or of one of its replicas); null while it has none.</summary>
    public int? FindProcessId(string resourceName) => _instances.Values
        .SelectMany(instances => instances)
        .FirstOrDefault(instance => string.Equals(instance.Id, resourceName, StringComparison.OrdinalIgnoreCase)
            || string.Equals(instance.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase))?.ProcessId;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        services.Data.Lock();
        services.Notifications.Services = provider;
        foreach (var subscriber in provider.GetServices<IDistributedApplicationEventingSubscriber>())
        {
            await subscriber.SubscribeAsync(services.Eventing, services.Execution, cancellationToken);
        }

        await services.Eventing.PublishAsync(new BeforeStartEvent(provider, model), cancellationToken);
        ModelValidation.Check(model);
        endpoints.Allocate();
        endpoints.CheckFixedPorts();
        _proxies.AddRange(endpoints.Proxied.Select(proxied => new TcpProxy(proxied.Endpoint.AllocatedEndpoint!.Port, proxied.Endpoint.InstancePorts)));
        await resourceService.StartAsync(cancellationToken);

        foreach (var resource in model.Resources)
        {
            await AnnounceAsync(resource, cancellationToken);
        }

        foreach (var resource in model.Resources)
        {
            Start(resource);
        }

        await services.Eventing.PublishAsync(new AfterResourcesCreatedEvent(provider, model), cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_passive);

        var order = new StopOrder(model.Resources);
        var stops = new Dictionary<IResource, Task>();
        Task Stop(IResource resource)
        {
            if (!stops.TryGetValue(resource, out var stop))
            {
                stops[resource] = stop = StopAfterAsync(resource, [.. order.DependentsOf(resource).Select(Stop)], cancellationToken);
            }

            return stop;
        }

        await Task.WhenAll(model.Resources.Select(Stop).ToList());

        // Completed first: the resource service waits for its open streams.
        services.Loggers.CompleteAll();
        services.Notifications.Complete();
        await resourceService.StopAsync(cancellationToken);
    }

    /// <summary>Also without a stop before it: then what runs is ended at once, by the supervisor.</summary>
    public async ValueTask DisposeAsync()
    {
        // The container knows it twice, as itself and as a hosted service.
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await _stopping.CancelAsync();
        foreach (var proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        foreach (var instance in _instances.Values.SelectMany(instances => instances))
        {
            instance.Dispose();
        }

        services.Notifications.Complete();
        _stopping.Dispose();
    }

    private async Task AnnounceAsync(IResource resource, CancellationToken cancellationToken)
    {
        var isExplicit = resource.HasAnnotationOfType<ExplicitStartupAnnotation>();
        if (ResourceTypes.HasProcess(resource))
        {
            var ids = InstanceNames.IdsOf(resource);
            var instances = ids.Select((id, index) => new ResourceInstance(services, resource, id, index)).ToList();
            _instances[resource] = instances;
            ResourceCommands.Add(resource, instances);
        }

        await services.Notifications.PublishUpdateAsync(resource, snapshot => snapshot with
        {
            State = isExplicit ? KnownResourceStates.NotStarted : KnownResourceStates.Starting,
        });
        await services.Eventing.PublishAsync(
            new InitializeResourceEvent(resource, services.Eventing, services.Loggers, services.Notifications, provider), cancellationToken);
        if (resource is IResourceWithEndpoints)
        {
            await services.Eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, provider), cancellationToken);
        }

        if (resource is IResourceWithConnectionString)
        {
            await services.Eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, provider), cancellationToken);
        }
    }

    private void Start(IResource resource)
    {
        if (!_instances.TryGetValue(resource, out var instances))
        {
            _passive.Add(Task.Run(() => new PassiveResource(services, resource).LiveAsync(_stopping.Token)));
        }
        else if (!resource.HasAnnotationOfType<ExplicitStartupAnnotation>())
        {
            foreach (var instance in instances)
            {
                instance.Start();
            }
        }
    }

    private async Task StopAfterAsync(IResource resource, IReadOnlyList<Task> dependents, CancellationToken cancellationToken)
    {
        await Task.WhenAll(dependents);
        if (_instances.TryGetValue(resource, out var instances))
        {
            try
            {
                await Task.WhenAll(instances.Select(instance => instance.StopAsync(cancellationToken)));
            }
            catch (OperationCanceledException)
            {
                // Out of time: what is left is ended when the supervisor is disposed.
                services.Loggers.GetLogger(resource).LogWarning("Did not stop in time");
            }
        }
    }
}
