using CloudNativeAi.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Web.Tests.Fakes;

/// <summary>Plays the six services and the AppHost over real gRPC, each on a port of its own.</summary>
public sealed class FakePlatform : IAsyncDisposable
{
    public const string SecondInference = "inference-1";
    private const string AppHost = "app-host";

    private readonly Dictionary<string, GrpcTestServer> _services = [];
    private FakeAudit _audit = null!;

    public FlightsWorld World { get; } = new(TimeProvider.System);

    public IReadOnlyDictionary<string, string> Addresses => _services.ToDictionary(service => service.Key, service => service.Value.Address);

    /// <summary>Configuration by which service discovery finds the services.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>(
        Addresses.Where(address => address.Key is not (AppHost or SecondInference)).Select(address => KeyValuePair.Create($"services:{address.Key}:grpc:0", address.Value)))
    {
        ["services:model-registry:http:0"] = _audit.Address,
        // A second replica that plays the same world.
        ["services:inference:grpc:1"] = Addresses[SecondInference],
        ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = Addresses[AppHost],
        ["Dashboard:ResourceServiceClient:ApiKey"] = FakeAppHost.ApiKey,
    };

    public static async Task<FakePlatform> StartAsync()
    {
        var platform = new FakePlatform();
        await platform.StartAsync("ingestion", routes =>
        {
            routes.MapGrpcService<FakeIngestion>();
            routes.MapGrpcService<FakeInputs>();
        });
        await platform.StartAsync("feature-store", routes =>
        {
            routes.MapGrpcService<FakeMaterialization>();
            routes.MapGrpcService<FakeDefinitions>();
            routes.MapGrpcService<FakeRetrieval>();
            routes.MapGrpcService<FakeStatistics>();
            routes.MapGrpcService<FakeParity>();
            routes.MapGrpcService<FakeTrainingSets>();
        });
        await platform.StartAsync("training", routes => routes.MapGrpcService<FakeTraining>());
        await platform.StartAsync("model-registry", routes => routes.MapGrpcService<FakeModelRegistry>());
        platform._audit = await FakeAudit.StartAsync(platform.World);
        await platform.StartAsync("inference", routes => routes.MapGrpcService<FakeInference>());
        await platform.StartAsync(SecondInference, routes => routes.MapGrpcService<FakeInference>());
        await platform.StartAsync("monitoring", routes =>
        {
            routes.MapGrpcService<FakePredictionLog>();
            routes.MapGrpcService<FakeModelMonitoring>();
            routes.MapGrpcService<FakeRetraining>();
        });
        await platform.StartAsync(AppHost, routes => routes.MapGrpcService<FakeAppHost>());
        return platform;
    }

    /// <summary>The service goes away, as when its process is killed.</summary>
    public async Task StopAsync(string service)
    {
        await _services[service].DisposeAsync();
        _services.Remove(service);
    }

    public async ValueTask DisposeAsync()
    {
        await _audit.DisposeAsync();
        foreach (var service in _services.Values)
        {
            await service.DisposeAsync();
        }
    }

    private async Task StartAsync(string name, Action<IEndpointRouteBuilder> map) =>
        _services.Add(name, await GrpcTestServer.StartAsync(services => services.AddSingleton(World), map));
}
