using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>What a resource listens on in a cluster.</summary>
internal static class PublishedEndpoints
{
    // Where a port is the deployer's choice: above 1023, so that no capability is needed.
    private const int FirstPort = 8080;

    /// <summary>TLS ends at the ingress or in a mesh: an https endpoint that nobody configured is not served.</summary>
    public static IReadOnlyList<EndpointReference> Of(IResourceWithEndpoints resource) =>
        [.. resource.GetEndpoints().Where(IsServed)];

    public static bool IsServed(EndpointReference endpoint) =>
        endpoint.Resource is not ProjectResource project || endpoint.EndpointAnnotation != project.DefaultHttpsEndpoint;

    /// <summary>The port of container and service alike.</summary>
    public static int PortOf(EndpointReference endpoint)
    {
        if (endpoint.EndpointAnnotation.TargetPort is > 0 and var port)
        {
            return port;
        }

        var endpoints = Of(endpoint.Resource);
        var taken = endpoints.Select(other => other.EndpointAnnotation.TargetPort).OfType<int>().Where(value => value > 0).ToHashSet();
        var open = endpoints.Where(other => other.EndpointAnnotation.TargetPort is not > 0)
            .Zip(Enumerable.Range(FirstPort, 1000).Where(candidate => !taken.Contains(candidate)));
        return open.First(pair => pair.First.EndpointName == endpoint.EndpointName).Second;
    }
}
