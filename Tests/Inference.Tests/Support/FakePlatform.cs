using CloudNativeAi.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>The services around Inference, on one real port, so that the real clients, discovery and retries are used.</summary>
internal sealed class FakePlatform : IAsyncDisposable
{
    private GrpcTestServer _server = null!;

    public FakeRegistry Registry { get; } = new();

    public FakeFeatureStore Features { get; } = new();

    public FakeMonitoring Monitoring { get; } = new();

    public string Address => _server.Address;

    public static async Task<FakePlatform> StartAsync()
    {
        var platform = new FakePlatform();
        platform._server = await GrpcTestServer.StartAsync(
            services => services.AddSingleton(platform.Registry).AddSingleton(platform.Features).AddSingleton(platform.Monitoring),
            routes =>
            {
                routes.MapGrpcService<FakeRegistry>();
                routes.MapGrpcService<FakeFeatureStore>();
                routes.MapGrpcService<FakeMonitoring>();
            });
        return platform;
    }

    public async ValueTask DisposeAsync()
    {
        Registry.GoDown();
        await _server.DisposeAsync();
    }
}
