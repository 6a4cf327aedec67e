using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Hosting;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Web.Clients;

namespace CloudNativeAi.Web.Live;

/// <summary>Everything the pages show live, taken once a second and shared by all circuits. Never changed after it is made.</summary>
public sealed record PathSnapshot(DateTimeOffset TakenAt)
{
    public static PathSnapshot Empty { get; } = new(default(DateTimeOffset));

    public ServiceReading<ListSourcesResponse> Ingestion { get; init; } = new(IngestionClient.Name);
    public ServiceReading<GetStatusResponse> FeatureStore { get; init; } = new(FeatureStoreClient.Name);
    public ServiceReading<ListJobsResponse> Training { get; init; } = new(TrainingClient.Name);
    public ServiceReading<ListModelsResponse> ModelRegistry { get; init; } = new(ModelRegistryClient.Name);

    /// <summary>All replicas as one.</summary>
    public ServiceReading<GetServingStatusResponse> Inference { get; init; } = new(InferenceClient.Name);

    /// <summary>Each replica of Inference.</summary>
    public ServiceReading<IReadOnlyList<ReplicaReading>> Replicas { get; init; } = new(InferenceClient.Name);
    public ServiceReading<ListModelHealthResponse> Monitoring { get; init; } = new(MonitoringClient.Name);
    public ServiceReading<IReadOnlyList<ModelSeries>> Series { get; init; } = new(MonitoringClient.Name);

    /// <summary>Null where no AppHost started this process.</summary>
    public ServiceReading<IReadOnlyList<Resource>>? Resources { get; init; }

    /// <summary>Per second, by <see cref="RateNames"/>.</summary>
    public IReadOnlyDictionary<string, double> Rates { get; init; } = new Dictionary<string, double>();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<LivePoint> History { get; init; } = [];

    public bool IsTaken => TakenAt != default;

    public IReadOnlyList<ServiceReading> Services => [Ingestion, FeatureStore, Training, ModelRegistry, Inference, Monitoring];

    public double? Rate(string name) => Rates.TryGetValue(name, out var rate) ? rate : null;
}
