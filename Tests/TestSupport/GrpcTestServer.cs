using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.TestSupport;

/// <summary>gRPC services that stand in for another process, on a free port of the loopback: real clients, real HTTP/2.</summary>
public sealed class GrpcTestServer : IAsyncDisposable
{
    private readonly WebApplication _server;

    private GrpcTestServer(WebApplication server) => _server = server;

    public string Address => _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public IServiceProvider Services => _server.Services;

    /// <param name="add">What the services are made from.</param>
    /// <param name="map">Maps the services.</param>
    public static async Task<GrpcTestServer> StartAsync(Action<IServiceCollection> add, Action<IEndpointRouteBuilder> map)
    {
        // Not the folder of the tests: the settings of the service under test lie there.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        add(builder.Services);
        var server = builder.Build();
        map(server);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new GrpcTestServer(server);
    }

    /// <summary>Ends open calls at once, as when a process is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
    }
}
