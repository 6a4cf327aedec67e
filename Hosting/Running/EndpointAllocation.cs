using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Running;

/// <summary>
/// Gives every endpoint its address before anything starts, so that variables can refer to resources in any order.
/// One process listens on the public port itself; in front of replicas a proxy does.
/// </summary>
internal sealed class EndpointAllocation(DistributedApplicationModel model) : IDisposable
{
    private readonly List<int> _taken = [];

    /// <summary>Endpoints in whose place the host listens.</summary>
    public List<(IResource Resource, EndpointAnnotation Endpoint)> Proxied { get; } = [];

    public void Allocate()
    {
        foreach (var resource in model.Resources)
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                Allocate(resource, endpoint);
            }
        }
    }

    /// <summary>Ports asked for by number must be free before the first process starts.</summary>
    public void CheckFixedPorts()
    {
        foreach (var resource in model.Resources.Where(resource => !resource.HasAnnotationOfType<ExplicitStartupAnnotation>()))
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                foreach (var port in endpoint.InstancePorts.Append(endpoint.AllocatedEndpoint!.Port).Distinct().Where(port => !_taken.Contains(port)))
                {
                    if (!FreePorts.IsFree(port))
                    {
                        throw new DistributedApplicationException(
                            $"The port {port} of '{resource.Name}' (endpoint '{endpoint.Name}') is in use by {PortOwner.Describe(port) ?? "another process"}. Stop that process, or give the endpoint another port.");
                    }
                }
            }
        }
    }

    public void Dispose() => FreePorts.Give(_taken);

    private void Allocate(IResource resource, EndpointAnnotation endpoint)
    {
        var replicas = Math.Max(1, resource.GetReplicaCount());
        if (replicas > 1 && (endpoint.TargetPort is not null || !endpoint.IsProxied))
        {
            throw new DistributedApplicationException(
                $"'{resource.Name}' has {replicas} replicas, and its endpoint '{endpoint.Name}' asks for one port for the process itself. Give the endpoint a port, not a target port.");
        }

        // Loopback only, whatever the project's own settings say: the host is a developer's tool.
        endpoint.TargetHost = endpoint.TargetHost is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : endpoint.TargetHost;
        var address = resource is ContainerResource ? "127.0.0.1" : endpoint.TargetHost;

        var needsProxy = replicas > 1 || (endpoint is { IsProxied: true, Port: { } port, TargetPort: { } targetPort } && port != targetPort);
        if (needsProxy)
        {
            endpoint.InstancePorts = [.. Enumerable.Range(0, replicas).Select(_ => endpoint.TargetPort ?? Take())];
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, address, endpoint.Port ?? Take());
            Proxied.Add((resource, endpoint));
        }
        else
        {
            var only = endpoint.Port ?? endpoint.TargetPort ?? Take();
            endpoint.InstancePorts = [only];
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, address, only);
        }
    }

    private int Take()
    {
        var port = FreePorts.Take();
        _taken.Add(port);
        return port;
    }
}
