using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;

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
    Labels.LabelsClient Labels);
