using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Training.Tests.Fakes;

/// <summary>The feature store and the model registry on a real port, so that calls go through real clients and real HTTP/2.</summary>
internal sealed class FakeServices : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeServices(WebApplication app) => _app = app;

    public FakeFeatureStore FeatureStore => _app.Services.GetRequiredService<FakeFeatureStore>();

    public FakeModelRegistry Registry => _app.Services.GetRequiredService<FakeModelRegistry>();

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<FakeServices> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.ListenLocalhost0());
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<FakeFeatureStore>();
        builder.Services.AddSingleton<FakeModelRegistry>();
        var app = builder.Build();
        app.MapGrpcService<FakeDefinitionsGrpc>();
        app.MapGrpcService<FakeTrainingSetsGrpc>();
        app.MapGrpcService<FakeModelRegistryGrpc>();
        app.MapGrpcService<FakeExperimentsGrpc>();
        await app.StartAsync();
        return new FakeServices(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

internal static class LoopbackListening
{
    public static void ListenLocalhost0(this KestrelServerOptions options) =>
        options.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
}
