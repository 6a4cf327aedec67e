using System.Net;
using CloudNativeAi.Contracts.ModelRegistry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Web.Tests.Fakes;

/// <summary>The registry's audit log, over HTTP as the registry serves it.</summary>
public sealed class FakeAudit : IAsyncDisposable
{
    private readonly WebApplication _server;

    private FakeAudit(WebApplication server) => _server = server;

    public string Address => _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<FakeAudit> StartAsync(FlightsWorld world)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        server.MapGet("/v1/models/{name}/audit", (string name) => name == FlightsWorld.Model ? Results.Ok(world.ReadAudit()) : Results.Ok(Array.Empty<AuditEntryDocument>()));
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new FakeAudit(server);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
    }
}
