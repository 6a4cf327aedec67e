using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Model;

public sealed class PortTests
{
    [Fact]
    public async Task Port_in_use_names_who_uses_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => TestApplication.StartAsync(
            builder => builder.AddTestService("service").WithHttpEndpoint(port, name: "fixed")));

        Assert.StartsWith($"The port {port} of 'service' (endpoint 'fixed') is in use by process {Environment.ProcessId} (", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Hosting.Tests", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fixed_port_is_the_one_that_is_listened_on()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        await using var application = await TestApplication.StartAsync(
            builder => builder.AddTestService("service").WithEndpoint("http", endpoint => endpoint.Port = port));
        await application.WaitUntilHealthyAsync("service");

        Assert.Equal(port, application.GetEndpoint("service").Port);
        using var client = new HttpClient();
        Assert.Equal("well", await client.GetStringAsync($"http://127.0.0.1:{port}/health", TestApplication.Patience()));
    }

    [Fact]
    public async Task Container_without_a_native_program_names_the_switch_that_runs_it()
    {
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => TestApplication.StartAsync(
            builder => builder.AddContainer("search", "opensearch")));

        Assert.Contains("'search' (opensearch:latest)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("-p:AspireHosting=nuget", exception.Message, StringComparison.Ordinal);
    }
}
