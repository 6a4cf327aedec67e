namespace CloudNativeAi.AppHost;

/// <summary>What differs between a developer's machine and a published graph.</summary>
internal static class LocalResources
{
    private const string DefaultWebPort = "5080";
    private const int HttpPort = 8080;
    private const int GrpcPort = 8081;

    // Options of the command line that the sample takes, in its section Flights.
    private static readonly string[] SampleOptions = ["data", "speed", "until", "seed"];

    /// <summary>Where services keep files: the host's data directory in run mode, a mounted volume when published.</summary>
    public static string ServiceData(this IDistributedApplicationBuilder builder) =>
        builder.ExecutionContext.IsPublishMode
            ? "/data"
            : Path.GetFullPath(builder.Configuration["AppHost:DataDirectory"] ?? Path.Combine(builder.AppHostDirectory, "..", ".data"));

    public static IResourceBuilder<ProjectResource> WithDataDirectory(this IResourceBuilder<ProjectResource> project, string root) =>
        project.WithEnvironment(
            "Data__Directory",
            project.ApplicationBuilder.ExecutionContext.IsPublishMode ? root : Path.Combine(root, project.Resource.Name));

    /// <summary>
    /// Published, every service listens on the same two ports: 8080 for HTTP/1.1, 8081 for gRPC. Run here, on free ones, because
    /// they share one machine.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithPublishedPorts(this IResourceBuilder<ProjectResource> project) =>
        project.ApplicationBuilder.ExecutionContext.IsRunMode
            ? project
            : project
                .WithEndpoint("http", endpoint => endpoint.TargetPort = HttpPort, createIfNotExists: false)
                .WithEndpoint("https", endpoint => endpoint.TargetPort = HttpPort, createIfNotExists: false)
                .WithEndpoint("grpc", endpoint => endpoint.TargetPort = GrpcPort, createIfNotExists: false);

    /// <summary>The address that people type stays the same: port 5080 unless <c>--port</c> says otherwise (0: any free one).</summary>
    public static IResourceBuilder<ProjectResource> WithWebPort(this IResourceBuilder<ProjectResource> web)
    {
        if (web.ApplicationBuilder.ExecutionContext.IsPublishMode)
        {
            return web;
        }

        var text = web.ApplicationBuilder.Configuration["port"] ?? DefaultWebPort;
        if (!ushort.TryParse(text, out var port))
        {
            throw new DistributedApplicationException($"--port takes a number from 0 to 65535, not '{text}'.");
        }

        return web.WithEndpoint("http", endpoint => endpoint.Port = port == 0 ? null : port);
    }

    public static IResourceBuilder<ProjectResource> WithSampleOptions(this IResourceBuilder<ProjectResource> sample)
    {
        var configuration = sample.ApplicationBuilder.Configuration;
        foreach (var option in SampleOptions)
        {
            if (configuration[option] is { Length: > 0 } value)
            {
                var path = option == "data" ? Path.GetFullPath(value) : value;
                sample.WithArgs($"--Flights:{option}", path);
            }
        }

        return sample;
    }
}
