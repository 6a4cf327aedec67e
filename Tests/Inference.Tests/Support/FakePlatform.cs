using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>The services around Inference, on one real port, so that the real clients, discovery and retries are used.</summary>
internal sealed class FakePlatform : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakePlatform()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(Registry);
        builder.Services.AddSingleton(Features);
        builder.Services.AddSingleton(Monitoring);
        _app = builder.Build();
        _app.MapGrpcService<FakeRegistry>();
        _app.MapGrpcService<FakeFeatureStore>();
        _app.MapGrpcService<FakeMonitoring>();
    }

    public FakeRegistry Registry { get; } = new();

    public FakeFeatureStore Features { get; } = new();

    public FakeMonitoring Monitoring { get; } = new();

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<FakePlatform> StartAsync()
    {
        var platform = new FakePlatform();
        await platform._app.StartAsync(TestContext.Current.CancellationToken);
        return platform;
    }

    public async ValueTask DisposeAsync()
    {
        Registry.GoDown();
        await _app.DisposeAsync();
    }
}
