using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
using Grpc.Core;

namespace CloudNativeAi.Flights.Replay;

/// <summary>The public APIs that the outside world uses, and no others.</summary>
internal sealed record FlightServices(
    Sources.SourcesClient Sources,
    EventIngestion.EventIngestionClient Events,
    FeatureDefinitions.FeatureDefinitionsClient Definitions,
    Materialization.MaterializationClient Materialization,
    TrainingJobs.TrainingJobsClient Training,
    ModelRegistry.ModelRegistryClient Registry,
    Prediction.PredictionClient Predictions,
    Labels.LabelsClient Labels)
{
    /// <param name="channel">The channel to the service of that name.</param>
    public static FlightServices At(Func<string, ChannelBase> channel) => new(
        new Sources.SourcesClient(channel("ingestion")),
        new EventIngestion.EventIngestionClient(channel("ingestion")),
        new FeatureDefinitions.FeatureDefinitionsClient(channel("feature-store")),
        new Materialization.MaterializationClient(channel("feature-store")),
        new TrainingJobs.TrainingJobsClient(channel("training")),
        new ModelRegistry.ModelRegistryClient(channel("model-registry")),
        new Prediction.PredictionClient(channel("inference")),
        new Labels.LabelsClient(channel("monitoring")));
}
