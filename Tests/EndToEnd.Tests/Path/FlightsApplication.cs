extern alias AppHost;

using Aspire.Hosting;
using Aspire.Hosting.Testing;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
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

        var channels = new List<GrpcChannel>();
        GrpcChannel Channel(string service)
        {
            var channel = GrpcChannel.ForAddress(application.GetEndpoint(service, "grpc"), new GrpcChannelOptions
            {
                MaxReceiveMessageSize = 64 * 1024 * 1024,
                MaxSendMessageSize = 64 * 1024 * 1024,
            });
            channels.Add(channel);
            return channel;
        }

        var (ingestion, featureStore, inference, monitoring) = (Channel("ingestion"), Channel("feature-store"), Channel("inference"), Channel("monitoring"));
        var started = new FlightsApplication(application)
        {
            Flights = new FlightServices(
                new Sources.SourcesClient(ingestion),
                new EventIngestion.EventIngestionClient(ingestion),
                new FeatureDefinitions.FeatureDefinitionsClient(featureStore),
                new Materialization.MaterializationClient(featureStore),
                new TrainingJobs.TrainingJobsClient(Channel("training")),
                new ModelRegistry.ModelRegistryClient(Channel("model-registry")),
                new Prediction.PredictionClient(inference),
                new Labels.LabelsClient(monitoring)),
            TrainingSets = new TrainingSets.TrainingSetsClient(featureStore),
            Monitoring = new ModelMonitoring.ModelMonitoringClient(monitoring),
            PredictionLog = new PredictionLog.PredictionLogClient(monitoring),
        };
        started._channels.AddRange(channels);
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
