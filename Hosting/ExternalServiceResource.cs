using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A service that is not part of the application, known by its URL.</summary>
public sealed class ExternalServiceResource : Resource, IResourceWithoutLifetime
{
    public ExternalServiceResource(string name, Uri uri)
        : base(name)
    {
        Uri = uri;
        UrlExpression = ReferenceExpression.Create($"{uri.ToString()}");
    }

    public ExternalServiceResource(string name, ParameterResource urlParameter)
        : base(name)
    {
        UrlParameter = urlParameter;
        UrlExpression = ReferenceExpression.Create($"{urlParameter}");
    }

    public Uri? Uri { get; }

    public ParameterResource? UrlParameter { get; }

    internal ReferenceExpression UrlExpression { get; }

    internal string GetSchemeFromParameter()
    {
#pragma warning disable CS0618 // The synchronous value is what a synchronous callback can use.
        var value = UrlParameter!.Value;
#pragma warning restore CS0618
        return System.Uri.TryCreate(value, UriKind.Absolute, out var uri)
            ? uri.Scheme
            : throw new DistributedApplicationException($"The URL of the external service '{Name}' is not an absolute URL: '{value}'.");
    }
}

public static class ExternalServiceBuilderExtensions
{
    public static IResourceBuilder<ExternalServiceResource> AddExternalService(this IDistributedApplicationBuilder builder, string name, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri)
            ? builder.AddExternalService(name, uri)
            : throw new ArgumentException($"The URL '{url}' must be absolute.", nameof(url));

    public static IResourceBuilder<ExternalServiceResource> AddExternalService(this IDistributedApplicationBuilder builder, string name, Uri uri)
    {
        if (!uri.IsAbsoluteUri || uri.AbsolutePath != "/")
        {
            throw new ArgumentException($"The URL '{uri}' must be absolute, with the path \"/\".", nameof(uri));
        }

        return builder.AddResource(new ExternalServiceResource(name, uri)).ExcludeFromManifest();
    }

    public static IResourceBuilder<ExternalServiceResource> AddExternalService(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource> urlParameter) =>
        builder.AddResource(new ExternalServiceResource(name, urlParameter.Resource)).ExcludeFromManifest();
}
