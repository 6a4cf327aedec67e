using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Web.Tests.Fakes;

/// <summary>Plays the six services and the AppHost over real gRPC, each on a port of its own.</summary>
public sealed class FakePlatform : IAsyncDisposable
{
    private const string AppHost = "app-host";

    private readonly Dictionary<string, WebApplication> _services = [];

    public FlightsWorld World { get; } = new(TimeProvider.System);

    public IReadOnlyDictionary<string, string> Addresses => _services.ToDictionary(service => service.Key, service => AddressOf(service.Value));

    /// <summary>Configuration by which service discovery finds the services.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>(
        Addresses.Where(address => address.Key != AppHost).Select(address => KeyValuePair.Create($"services:{address.Key}:grpc:0", address.Value)))
    {
        ["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = Addresses[AppHost],
        ["Dashboard:ResourceServiceClient:ApiKey"] = FakeAppHost.ApiKey,
    };

    public static async Task<FakePlatform> StartAsync()
    {
        var platform = new FakePlatform();
        await platform.StartAsync("ingestion", app => app.MapGrpcService<FakeIngestion>());
        await platform.StartAsync("feature-store", app =>
        {
            app.MapGrpcService<FakeMaterialization>();
            app.MapGrpcService<FakeDefinitions>();
            app.MapGrpcService<FakeRetrieval>();
        });
        await platform.StartAsync("training", app => app.MapGrpcService<FakeTraining>());
        await platform.StartAsync("model-registry", app => app.MapGrpcService<FakeModelRegistry>());
        await platform.StartAsync("inference", app => app.MapGrpcService<FakeInference>());
        await platform.StartAsync("monitoring", app =>
        {
            app.MapGrpcService<FakePredictionLog>();
            app.MapGrpcService<FakeModelMonitoring>();
            app.MapGrpcService<FakeRetraining>();
        });
        await platform.StartAsync(AppHost, app => app.MapGrpcService<FakeAppHost>());
        return platform;
    }

    /// <summary>The service goes away, as when its process is killed.</summary>
    public async Task StopAsync(string service)
    {
        await _services[service].StopAsync(new CancellationToken(canceled: true));
        await _services[service].DisposeAsync();
        _services.Remove(service);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.Values)
        {
            await service.DisposeAsync();
        }
    }

    private async Task StartAsync(string name, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(World);

        var app = builder.Build();
        map(app);
        await app.StartAsync();
        _services.Add(name, app);
    }

    private static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
}
