namespace CloudNativeAi.AppHost.Kubernetes;

/// <summary>Who talks to whom, as Program.cs declares it by WithReference and WaitFor.</summary>
internal static class Graph
{
    public static IReadOnlyList<IResource> Needs(this IResource resource) =>
    [
        .. resource.Annotations.OfType<ResourceRelationshipAnnotation>()
            .Where(relationship => relationship.Type is "Reference" or "WaitFor")
            .Select(relationship => ServerOf(relationship.Resource))
            .Where(needed => needed is IComputeResource && needed != resource)
            .Distinct(),
    ];

    public static IReadOnlyList<IResource> NeededBy(this IResource resource, IDistributedApplicationBuilder builder) =>
        [.. builder.Resources.Where(other => other is IComputeResource && other.Needs().Contains(resource))];

    public static IReadOnlyList<int> Ports(this IResource resource) =>
        [.. resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => endpoint.TargetPort ?? 0).Where(port => port > 0).Distinct().Order()];

    public static bool IsStore(this IResource resource) => resource is IResourceWithConnectionString;

    private static IResource ServerOf(IResource resource) => resource is IResourceWithParent child ? ServerOf(child.Parent) : resource;
}
