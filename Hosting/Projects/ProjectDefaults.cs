using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Projects;

/// <summary>What every project gets: its endpoints, the variables that make it listen there, telemetry.</summary>
internal static class ProjectDefaults
{
    public static void Apply(IResourceBuilder<ProjectResource> project, ProjectResourceOptions options)
    {
        var application = project.ApplicationBuilder;
        var isRun = application.ExecutionContext.IsRunMode;

        project.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (isRun && application.Environment.IsDevelopment())
        {
            project.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "true");
            project.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "true");
        }

        project.WithOtlpExporter();
        if (isRun)
        {
            project.WithEnvironment("DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION", "true");
            project.WithEnvironment("LOGGING__CONSOLE__FORMATTERNAME", "simple");
        }
        else
        {
            project.WithEnvironment(context =>
            {
                if (project.Resource.GetEndpoints().Any() && !project.Resource.HasAnnotationOfType<DisableForwardedHeadersAnnotation>())
                {
                    context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
                }
            });
        }

        var path = project.Resource.GetProjectPath();
        var profile = options.ExcludeLaunchProfile ? null : LaunchProfiles.Choose(
            project.Resource,
            path,
            options.LaunchProfileName,
            application.Configuration["AppHost:DefaultLaunchProfileName"] ?? application.Configuration["DOTNET_LAUNCH_PROFILE"]);
        var kestrel = options.ExcludeKestrelEndpoints ? [] : KestrelEndpoints.Read(path, application.Environment.EnvironmentName);
        AddKestrelEndpoints(project, kestrel, isRun);

        project.WithEnvironment(context => ListenVariables.Add(context, project.Resource, hasKestrelEndpoints: kestrel.Count > 0));

        if (isRun)
        {
            if (profile is { } chosen)
            {
                ApplyLaunchProfile(project, chosen.Name, chosen.Profile, takeEndpoints: kestrel.Count == 0);
            }
        }
        else if (kestrel.Count > 0 || profile?.Profile.ApplicationUrl is not null)
        {
            AddPublishedEndpoints(project);
        }
    }

    private static void AddKestrelEndpoints(IResourceBuilder<ProjectResource> project, IReadOnlyList<KestrelEndpoint> endpoints, bool isRun)
    {
        foreach (var scheme in endpoints.GroupBy(endpoint => endpoint.Address.Scheme))
        {
            // As in Aspire: the only endpoint of a scheme is named after the scheme.
            var onlyName = scheme.Count() == 1 ? scheme.Key : null;
            foreach (var endpoint in scheme)
            {
                project.WithEndpoint(onlyName ?? endpoint.Name, annotation =>
                {
                    if (isRun)
                    {
                        annotation.Port = endpoint.Address.Port;
                    }
                    else
                    {
                        annotation.TargetPort = endpoint.Address.Port;
                    }

                    annotation.UriScheme = endpoint.Address.Scheme;
                    annotation.TargetHost = endpoint.Address.Host;
                    annotation.FromKestrel = true;
                    annotation.KestrelName = endpoint.Name;
                    if (endpoint.IsHttp2)
                    {
                        annotation.Transport = "http2";
                    }
                });
            }
        }
    }

    private static void ApplyLaunchProfile(IResourceBuilder<ProjectResource> project, string name, LaunchProfile profile, bool takeEndpoints)
    {
        if (takeEndpoints)
        {
            var counts = new Dictionary<string, int>();
            foreach (var url in profile.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [])
            {
                var address = ListenAddress.Parse(url);
                var count = counts[address.Scheme] = counts.GetValueOrDefault(address.Scheme) + 1;
                project.WithEndpoint(count == 1 ? address.Scheme : $"{address.Scheme}{count}", annotation =>
                {
                    annotation.Port = address.Port;
                    annotation.TargetHost = address.Host;
                    annotation.UriScheme = address.Scheme;
                    annotation.FromLaunchProfile = true;
                });
            }
        }

        project.WithEnvironment(context =>
        {
            context.EnvironmentVariables.TryAdd("DOTNET_LAUNCH_PROFILE", name);
            foreach (var (variable, value) in profile.EnvironmentVariables)
            {
                context.EnvironmentVariables.TryAdd(variable, Environment.ExpandEnvironmentVariables(value));
            }
        });

        if (!string.IsNullOrWhiteSpace(profile.CommandLineArgs))
        {
            project.WithAnnotation(new LaunchProfileArgumentsAnnotation(CommandLine.Split(profile.CommandLineArgs)));
        }
    }

    // A web project is reachable by both schemes when it is published; the deployer decides the port.
    private static void AddPublishedEndpoints(IResourceBuilder<ProjectResource> project)
    {
        var http = FindOrAdd("http");
        var https = FindOrAdd("https");
        http.TargetPort = https.TargetPort = http.TargetPort ?? https.TargetPort;

        EndpointAnnotation FindOrAdd(string scheme)
        {
            var existing = project.Resource.Annotations.OfType<EndpointAnnotation>()
                .FirstOrDefault(endpoint => endpoint.UriScheme == scheme || string.Equals(endpoint.Name, scheme, StringComparison.OrdinalIgnoreCase));
            if (existing is not null)
            {
                return existing;
            }

            var added = new EndpointAnnotation(ProtocolType.Tcp, scheme, name: scheme);
            project.Resource.Annotations.Add(added);
            if (scheme == "https")
            {
                project.Resource.DefaultHttpsEndpoint = added;
            }

            return added;
        }
    }
}

internal sealed class LaunchProfileArgumentsAnnotation(IReadOnlyList<string> arguments) : IResourceAnnotation
{
    public IReadOnlyList<string> Arguments { get; } = arguments;
}
