using Aspire.Hosting.Projects;
using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Projects;

/// <summary>What a project's own files say about how it is run.</summary>
public sealed class ProjectSettingsTests
{
    [Theory]
    [InlineData("a b", new[] { "a", "b" })]
    [InlineData("  --name \"two words\"  ''  ", new[] { "--name", "two words", "''" })]
    [InlineData("\"\" x", new[] { "", "x" })]
    [InlineData("say \\\"hi\\\"", new[] { "say", "\"hi\"" })]
    [InlineData("", new string[0])]
    public void Command_line_is_split_as_a_shell_would(string text, string[] expected) => Assert.Equal(expected, CommandLine.Split(text));

    [Theory]
    [InlineData("http://localhost:5080", "http", "localhost", 5080)]
    [InlineData("https://*", "https", "*", 443)]
    [InlineData("http://127.0.0.1:0", "http", "127.0.0.1", null)]
    [InlineData("http://[::1]:81/path", "http", "[::1]", 81)]
    [InlineData("HTTP://+:8080/", "http", "+", 8080)]
    public void Address_is_read_as_Kestrel_reads_it(string url, string scheme, string host, int? port) =>
        Assert.Equal(new ListenAddress(scheme, host, port), ListenAddress.Parse(url));

    [Fact]
    public void Kestrel_endpoints_come_from_the_settings_of_the_environment()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("appsettings.json"), """
            { "Kestrel": { "EndpointDefaults": { "Protocols": "Http1" }, "Endpoints": { "web": { "Url": "http://*:80" }, "grpc": { "Url": "http://*:0", "Protocols": "Http2" } } } }
            """);
        File.WriteAllText(directory.File("appsettings.Development.json"), """{ "Kestrel": { "Endpoints": { "web": { "Url": "http://localhost:5000" } } } }""");

        var endpoints = KestrelEndpoints.Read(directory.File("Service.csproj"), "Development");

        Assert.Equal(
            [new KestrelEndpoint("grpc", new ListenAddress("http", "*", null), IsHttp2: true), new KestrelEndpoint("web", new ListenAddress("http", "localhost", 5000), IsHttp2: false)],
            endpoints.OrderBy(endpoint => endpoint.Name));
    }

    [Theory]
    [InlineData(null, null, "first")]
    [InlineData(null, "shared", "shared")]
    [InlineData(null, "absent", "first")]
    [InlineData("asked", "shared", "asked")]
    public void Profile_is_the_asked_one_or_the_AppHosts_or_the_first_that_runs_the_project(string? asked, string? appHosts, string expected)
    {
        using var directory = WithProfiles();

        var chosen = LaunchProfiles.Choose(new ProjectResource("service"), directory.File("Service.csproj"), asked, appHosts);

        Assert.Equal(expected, chosen?.Name);
    }

    [Fact]
    public void Profile_that_is_asked_for_must_be_there()
    {
        using var directory = WithProfiles();

        var exception = Assert.Throws<DistributedApplicationException>(
            () => LaunchProfiles.Choose(new ProjectResource("service"), directory.File("Service.csproj"), "missing", null));

        Assert.Contains("'missing' profile for the project 'service'", exception.Message, StringComparison.Ordinal);
    }

    private static TemporaryDirectory WithProfiles()
    {
        var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.File("Properties"));
        File.WriteAllText(directory.File("Properties/launchSettings.json"), """
            {
              // As Visual Studio writes it, comments and all.
              "profiles": {
                "iis": { "commandName": "IISExpress" },
                "first": { "commandName": "Project" },
                "shared": { "commandName": "Project" },
                "asked": { "commandName": "Executable" },
              }
            }
            """);
        return directory;
    }
}
