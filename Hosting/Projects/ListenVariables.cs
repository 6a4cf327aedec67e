using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Projects;

/// <summary>The variables that make a project listen where its endpoints say.</summary>
internal static class ListenVariables
{
    public static void Add(EnvironmentCallbackContext context, ProjectResource project, bool hasKestrelEndpoints)
    {
        var endpoints = project.Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.UriScheme is "http" or "https" && project.Annotations.OfType<EndpointEnvironmentFilterAnnotation>().All(filter => filter.Filter(endpoint)))
            .ToList();

        if (hasKestrelEndpoints)
        {
            foreach (var endpoint in endpoints.Where(endpoint => context.ExecutionContext.IsRunMode || endpoint != project.DefaultHttpsEndpoint))
            {
                // An endpoint that the AppHost added is not in the project's settings: Kestrel adds it from the variable.
                var reference = new EndpointReference(project, endpoint);
                context.EnvironmentVariables[$"Kestrel__Endpoints__{endpoint.KestrelName ?? endpoint.Name}__Url"] = ListenUrl(reference, context.ExecutionContext);
                if (endpoint is { Transport: "http2", FromKestrel: false })
                {
                    context.EnvironmentVariables[$"Kestrel__Endpoints__{endpoint.Name}__Protocols"] = "Http2";
                }
            }
        }
        else if (context.ExecutionContext.IsRunMode)
        {
            AddUrls(context, project, endpoints);
        }
        else
        {
            AddPorts(context, project, endpoints, "HTTP_PORTS", "http");
            AddPorts(context, project, endpoints, "HTTPS_PORTS", "https");
        }
    }

    private static void AddUrls(EnvironmentCallbackContext context, ProjectResource project, List<EndpointAnnotation> endpoints)
    {
        if (endpoints.Count == 0)
        {
            return;
        }

        var urls = new ReferenceExpressionBuilder();
        foreach (var endpoint in endpoints)
        {
            if (!urls.IsEmpty)
            {
                urls.AppendLiteral(";");
            }

            urls.AppendFormatted(ListenUrl(new EndpointReference(project, endpoint), context.ExecutionContext));
        }

        context.EnvironmentVariables.TryAdd("ASPNETCORE_URLS", urls.Build());
        if (endpoints.FirstOrDefault(endpoint => endpoint.UriScheme == "https") is { } https)
        {
            context.EnvironmentVariables.TryAdd("ASPNETCORE_HTTPS_PORT", new EndpointReference(project, https).Property(EndpointProperty.Port));
        }
    }

    private static void AddPorts(EnvironmentCallbackContext context, ProjectResource project, List<EndpointAnnotation> endpoints, string variable, string scheme)
    {
        var ports = new ReferenceExpressionBuilder();
        foreach (var endpoint in endpoints.Where(endpoint => endpoint.UriScheme == scheme && endpoint != project.DefaultHttpsEndpoint && !endpoint.FromLaunchProfile))
        {
            if (!ports.IsEmpty)
            {
                ports.AppendLiteral(";");
            }

            ports.AppendFormatted(new EndpointReference(project, endpoint).Property(EndpointProperty.TargetPort));
        }

        if (!ports.IsEmpty)
        {
            context.EnvironmentVariables[variable] = ports.Build();
        }
    }

    // Published, on every address: nobody outside a container reaches its loopback.
    private static ReferenceExpression ListenUrl(EndpointReference endpoint, DistributedApplicationExecutionContext execution)
    {
        var annotation = endpoint.EndpointAnnotation;
        var host = execution.IsPublishMode ? "*" : annotation.TargetHost;
        return ReferenceExpression.Create($"{annotation.UriScheme}://{host}:{endpoint.Property(EndpointProperty.TargetPort)}");
    }
}
