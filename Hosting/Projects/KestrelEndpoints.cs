using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Projects;

/// <summary>The <c>Kestrel:Endpoints</c> section of a project's settings.</summary>
internal static class KestrelEndpoints
{
    public static IReadOnlyList<KestrelEndpoint> Read(string projectPath, string environmentName)
    {
        var directory = Path.GetDirectoryName(projectPath)!;
        var configuration = new ConfigurationBuilder()
            .SetBasePath(directory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environmentName}.json", optional: true)
            .Build();
        var defaultProtocols = configuration["Kestrel:EndpointDefaults:Protocols"];

        return
        [
            .. configuration.GetSection("Kestrel:Endpoints").GetChildren()
                .Where(endpoint => endpoint["Url"] is not null)
                .Select(endpoint => new KestrelEndpoint(endpoint.Key, ListenAddress.Parse(endpoint["Url"]!), (endpoint["Protocols"] ?? defaultProtocols) == "Http2")),
        ];
    }
}

internal sealed record KestrelEndpoint(string Name, ListenAddress Address, bool IsHttp2);
