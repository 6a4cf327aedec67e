using CloudNativeAi.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Training.Tests.Fakes;

/// <summary>The feature store and the model registry on a real port, so that calls go through real clients and real HTTP/2.</summary>
internal sealed class FakeServices : IAsyncDisposable
{
    private readonly GrpcTestServer _server;

    private FakeServices(GrpcTestServer server) => _server = server;

    public FakeFeatureStore FeatureStore => _server.Services.GetRequiredService<FakeFeatureStore>();

    public FakeModelRegistry Registry => _server.Services.GetRequiredService<FakeModelRegistry>();

    public string Address => _server.Address;

    public static async Task<FakeServices> StartAsync() => new(await GrpcTestServer.StartAsync(
        services => services.AddSingleton<FakeFeatureStore>().AddSingleton<FakeModelRegistry>(),
        routes =>
        {
            routes.MapGrpcService<FakeDefinitionsGrpc>();
            routes.MapGrpcService<FakeTrainingSetsGrpc>();
            routes.MapGrpcService<FakeModelRegistryGrpc>();
            routes.MapGrpcService<FakeExperimentsGrpc>();
        }));

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
