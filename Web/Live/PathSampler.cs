using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Hosting;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Web.Clients;
using Microsoft.Extensions.Options;
using OpenTelemetry;

namespace CloudNativeAi.Web.Live;

/// <summary>
/// The only place that asks the services for live data: one loop per service, one snapshot per second, however many
/// people look. Circuits subscribe to <see cref="LiveFeed"/>.
/// </summary>
internal sealed partial class PathSampler : BackgroundService
{
    private readonly ServiceProbe<ListSourcesResponse> _ingestion;
    private readonly ServiceProbe<GetStatusResponse> _featureStore;
    private readonly ServiceProbe<ListJobsResponse> _training;
    private readonly ServiceProbe<ListModelsResponse> _modelRegistry;
    private readonly ServiceProbe<IReadOnlyList<ReplicaReading>> _inference;
    private readonly ServiceProbe<ListModelHealthResponse> _monitoring;
    private readonly ServiceProbe<IReadOnlyList<ModelSeries>> _series;
    private readonly ServiceProbe<IReadOnlyList<Resource>> _resources;
    private readonly bool _hasResources;
    private readonly SnapshotComposer _composer;
    private readonly LiveFeed _feed;
    private readonly SamplingOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    public PathSampler(
        IngestionClient ingestion,
        FeatureStoreClient featureStore,
        TrainingClient training,
        ModelRegistryClient modelRegistry,
        InferenceReplicas inference,
        MonitoringClient monitoring,
        ModelSeriesReader seriesReader,
        ResourceClient resources,
        LiveFeed feed,
        IOptions<SamplingOptions> options,
        TimeProvider timeProvider,
        ILogger<PathSampler> logger)
    {
        _options = options.Value;
        _timeProvider = timeProvider;
        _logger = logger;
        _feed = feed;
        _composer = new SnapshotComposer(_options);

        _ingestion = new(IngestionClient.Name, ingestion.ListSourcesAsync, timeProvider, logger);
        _featureStore = new(FeatureStoreClient.Name, featureStore.GetStatusAsync, timeProvider, logger);
        _training = new(TrainingClient.Name, training.ListJobsAsync, timeProvider, logger);
        _modelRegistry = new(ModelRegistryClient.Name, modelRegistry.ListModelsAsync, timeProvider, logger);
        _inference = new(InferenceClient.Name, inference.ReadAsync, timeProvider, logger);
        _monitoring = new(MonitoringClient.Name, monitoring.ListModelHealthAsync, timeProvider, logger);
        _series = new(
            $"{MonitoringClient.Name} (series)",
            token => seriesReader.ReadAsync(_monitoring!.Current.Value, token), timeProvider, logger);
        _resources = new(ResourceClient.Name, resources.ListResourcesAsync, timeProvider, logger);
        _hasResources = resources.IsConfigured;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Seven calls a second would bury the traces people look for.
        using var quiet = SuppressInstrumentationScope.Begin();

        return Task.WhenAll(
            _ingestion.RunAsync(_options.Interval, stoppingToken),
            _featureStore.RunAsync(_options.Interval, stoppingToken),
            _training.RunAsync(_options.Interval, stoppingToken),
            _modelRegistry.RunAsync(_options.Interval, stoppingToken),
            _inference.RunAsync(_options.Interval, stoppingToken),
            _monitoring.RunAsync(_options.Interval, stoppingToken),
            RunSeriesAsync(stoppingToken),
            _hasResources ? _resources.RunAsync(_options.SeriesInterval, stoppingToken) : Task.CompletedTask,
            PublishAsync(stoppingToken));
    }

    // The series need the list of models first; until it is there, they are asked for at the short interval.
    private async Task RunSeriesAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.Interval, _timeProvider);
        while (_monitoring.Current.Value is null)
        {
            await timer.WaitForNextTickAsync(stoppingToken);
        }

        await _series.RunAsync(_options.SeriesInterval, stoppingToken);
    }

    private async Task PublishAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.Interval, _timeProvider);

        do
        {
            try
            {
                _feed.Publish(_composer.Compose(Collect()));
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // An answer that makes no sense costs one snapshot, not the feed.
                LogNotComposed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private PathSnapshot Collect() => new(_timeProvider.GetUtcNow())
    {
        Ingestion = _ingestion.Current,
        FeatureStore = _featureStore.Current,
        Training = _training.Current,
        ModelRegistry = _modelRegistry.Current,
        Replicas = _inference.Current,
        Inference = Sum(_inference.Current),
        Monitoring = _monitoring.Current,
        Series = _series.Current,
        Resources = _hasResources ? _resources.Current : null,
    };

    private static ServiceReading<GetServingStatusResponse> Sum(ServiceReading<IReadOnlyList<ReplicaReading>> replicas) => new(replicas.Service)
    {
        Value = replicas.Value is { } read ? ServingSum.Of([.. read.Select(replica => replica.Status).OfType<GetServingStatusResponse>()]) : null,
        ReadAt = replicas.ReadAt,
        FailingSince = replicas.FailingSince,
        Error = replicas.Error,
        CallTime = replicas.CallTime,
    };

    [LoggerMessage(LogLevel.Error, "A snapshot could not be composed")]
    private partial void LogNotComposed(Exception exception);
}
