using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Hosting;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.Web.Clients;

internal static class ClientRegistration
{
    public static void AddClients(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;

        services.AddServiceClient<Sources.SourcesClient>("ingestion");
        services.AddServiceClient<Inputs.InputsClient>("ingestion");
        services.AddServiceClient<FeatureDefinitions.FeatureDefinitionsClient>("feature-store");
        services.AddServiceClient<FeatureRetrieval.FeatureRetrievalClient>("feature-store");
        services.AddServiceClient<Materialization.MaterializationClient>("feature-store");
        services.AddServiceClient<Statistics.StatisticsClient>("feature-store");
        services.AddServiceClient<Parity.ParityClient>("feature-store");
        services.AddServiceClient<TrainingSets.TrainingSetsClient>("feature-store");
        services.AddServiceClient<TrainingJobs.TrainingJobsClient>("training");
        services.AddServiceClient<ModelRegistry.ModelRegistryClient>("model-registry");
        services.AddServiceClient<Prediction.PredictionClient>("inference");
        services.AddServiceClient<PredictionLog.PredictionLogClient>("monitoring");
        services.AddServiceClient<ModelMonitoring.ModelMonitoringClient>("monitoring");
        services.AddServiceClient<Retraining.RetrainingClient>("monitoring");

        if (ResourceClient.AddressOf(builder.Configuration) is { } address)
        {
            services.AddGrpcClient<DashboardService.DashboardServiceClient>(options => options.Address = address);
        }

        services.AddHttpClient<AuditLogClient>(http =>
        {
            http.BaseAddress = new Uri("http://_http.model-registry");
            http.Timeout = CallDeadlines.Page;
        });
        services.AddSingleton<CallDeadlines>();
        services.AddSingleton<IngestionClient>();
        services.AddSingleton<FeatureStoreClient>();
        services.AddSingleton<TrainingClient>();
        services.AddSingleton<ModelRegistryClient>();
        services.AddSingleton<InferenceClient>();
        services.AddSingleton<InferenceReplicas>();
        services.AddSingleton<MonitoringClient>();
        services.AddSingleton<ResourceClient>();
    }
}
