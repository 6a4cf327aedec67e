using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publishing;

/// <summary>
/// Ports of published endpoints, by Aspire's rules: an explicit target stays; a container's target is the port it is known by; the first
/// http and the first https endpoint of a project have none, because the deployer chooses; every other endpoint gets one from 8000 up.
/// </summary>
internal sealed class PublishedPorts
{
    private const int FirstPort = 8_000;

    private readonly HashSet<int> _used = [];
    private int _next = FirstPort;

    public IReadOnlyList<PublishedEndpoint> Resolve(IResource resource)
    {
        var seen = new HashSet<string>();
        var resolved = new List<PublishedEndpoint>();
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var isHttp = endpoint.UriScheme is "http" or "https";
            var isFirst = isHttp && resource is ProjectResource && seen.Add(endpoint.UriScheme);
            int? target = endpoint.TargetPort
                ?? (resource is ContainerResource ? endpoint.Port : null)
                ?? (isFirst ? null : Take());
            int? exposed = endpoint.Port == target ? null
                : endpoint.Port is { } port ? port
                : target is not null || isHttp ? null
                : Take();

            _used.UnionWith(new[] { target, exposed }.OfType<int>());
            resolved.Add(new PublishedEndpoint(endpoint, target, exposed));
        }

        return resolved;
    }

    private int Take()
    {
        while (!_used.Add(_next))
        {
            _next++;
        }

        return _next++;
    }
}

/// <param name="TargetPort">Where the process listens; null for the deployer to choose.</param>
/// <param name="ExposedPort">Where others reach it, when that is another port than the target.</param>
internal sealed record PublishedEndpoint(EndpointAnnotation Endpoint, int? TargetPort, int? ExposedPort);
