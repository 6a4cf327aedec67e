using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>The links shown beside a resource: its endpoints, then what the AppHost has added or changed.</summary>
internal static class ResourceLinks
{
    public static async Task<ImmutableArray<UrlSnapshot>> CollectAsync(InstanceServices services, IResource resource, CancellationToken cancellationToken)
    {
        var urls = resource is IResourceWithEndpoints withEndpoints
            ? withEndpoints.GetEndpoints()
                .Where(endpoint => endpoint.IsAllocated)
                .Select(endpoint => new ResourceUrlAnnotation { Url = endpoint.Url, Endpoint = endpoint })
                .ToList()
            : [];

        foreach (var added in resource.Annotations.OfType<ResourceUrlAnnotation>())
        {
            var url = added.Expression is null ? added.Url : await added.Expression.GetValueAsync(cancellationToken) ?? added.Url;
            urls.Add(new ResourceUrlAnnotation { Url = url, DisplayText = added.DisplayText, Endpoint = added.Endpoint, DisplayOrder = added.DisplayOrder, DisplayLocation = added.DisplayLocation });
        }

        var context = new ResourceUrlsCallbackContext(services.Execution, resource, urls, cancellationToken) { Logger = services.Loggers.GetLogger(resource) };
        foreach (var callback in resource.Annotations.OfType<ResourceUrlsCallbackAnnotation>())
        {
            await callback.Callback(context);
        }

        return
        [
            .. urls.Select(url => new UrlSnapshot(url.Endpoint?.EndpointName, url.Url, url.DisplayLocation == UrlDisplayLocation.DetailsOnly)
            {
                DisplayProperties = new UrlDisplayPropertiesSnapshot(url.DisplayText ?? "", url.DisplayOrder ?? 0),
            }),
        ];
    }
}
