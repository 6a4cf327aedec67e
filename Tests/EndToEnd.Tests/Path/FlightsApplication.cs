extern alias AppHost;

using Aspire.Hosting;
using Aspire.Hosting.Testing;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Flights.Replay;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.EndToEnd.Tests.Path;

/// <summary>The whole application through the real AppHost, with data of its own, without the sample's own process.</summary>
internal sealed class FlightsApplication : IAsyncDisposable
{
    public static readonly string[] Services = ["ingestion", "feature-store", "training", "model-registry", "inference", "monitoring"];

    private readonly DistributedApplication _application;
    private readonly List<GrpcChannel> _channels = [];

    private FlightsApplication(DistributedApplication application) => _application = application;

    public required FlightServices Flights { get; init; }

    public required TrainingSets.TrainingSetsClient TrainingSets { get; init; }

    public required ModelMonitoring.ModelMonitoringClient Monitoring { get; init; }

    public required PredictionLog.PredictionLogClient PredictionLog { get; init; }

    public static async Task<FlightsApplication> StartAsync(CancellationToken cancellationToken)
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<AppHost::Program>(["--sample", "none", "--port", "0"], cancellationToken);
        var application = await builder.BuildAsync(cancellationToken);
        await application.StartAsync(cancellationToken);
        foreach (var name in Services.Append("web"))
        {
            await application.ResourceNotifications.WaitForResourceHealthyAsync(name, cancellationToken);
        }

        var channels = Services.ToDictionary(service => service, service => GrpcChannel.ForAddress(application.GetEndpoint(service, "grpc"), new GrpcChannelOptions
        {
            MaxReceiveMessageSize = 64 * 1024 * 1024,
            MaxSendMessageSize = 64 * 1024 * 1024,
        }));
        var started = new FlightsApplication(application)
        {
            Flights = FlightServices.At(service => channels[service]),
            TrainingSets = new TrainingSets.TrainingSetsClient(channels["feature-store"]),
            Monitoring = new ModelMonitoring.ModelMonitoringClient(channels["monitoring"]),
            PredictionLog = new PredictionLog.PredictionLogClient(channels["monitoring"]),
        };
        started._channels.AddRange(channels.Values);
        return started;
    }

    /// <summary>Where the services of this run keep their files.</summary>
    public string DataDirectory => _application.Services.GetRequiredService<IConfiguration>()["AppHost:DataDirectory"]
        ?? throw new InvalidOperationException("The host has no data directory.");

    public Uri Endpoint(string service, string name) => _application.GetEndpoint(service, name);

    public HttpClient CreateHttpClient(string service) => _application.CreateHttpClient(service, "http");

    /// <summary>Ends a service as a crash would end it. The host restarts it.</summary>
    public async Task KillAsync(string service, CancellationToken cancellationToken)
    {
        await _application.KillAsync(service, cancellationToken);
    }

    public Task WaitUntilHealthyAsync(string service, CancellationToken cancellationToken) =>
        _application.ResourceNotifications.WaitForResourceHealthyAsync(service, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
