using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Grpc.Net.Client;

namespace CloudNativeAi.EndToEnd.Tests.FeaturePlane;

/// <summary>Ingestion and FeatureStore with PostgreSQL and a durable Redis: four processes, each at its port whatever is killed.</summary>
internal sealed class FeaturePlaneProcesses : IAsyncDisposable
{
    private readonly PostgresServer _postgres = new();
    private readonly RedisServer _redis = new() { IsDurable = true };
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cnai-plane-");
    private readonly List<GrpcChannel> _channels = [];
    private ServiceProcess? _ingestion;
    private ServiceProcess? _featureStore;

    public EventIngestion.EventIngestionClient Events { get; private set; } = null!;

    public Sources.SourcesClient Sources { get; private set; } = null!;

    public EventLog.EventLogClient EventLog { get; private set; } = null!;

    public FeatureDefinitions.FeatureDefinitionsClient Definitions { get; private set; } = null!;

    public Materialization.MaterializationClient Materialization { get; private set; } = null!;

    public FeatureRetrieval.FeatureRetrievalClient Retrieval { get; private set; } = null!;

    public TrainingSets.TrainingSetsClient TrainingSets { get; private set; } = null!;

    public Uri FeatureStoreHttp => _featureStore!.Http;

    /// <summary>The Delta table of a source.</summary>
    public string TableOf(string source) => System.IO.Path.Combine(_directory.FullName, "offline", source);

    /// <summary>Each ends one process by SIGKILL, and returns when it is back.</summary>
    public IReadOnlyList<(string Name, Func<CancellationToken, Task> KillAndRestartAsync)> Victims =>
    [
        ("Ingestion", _ingestion!.KillAndRestartAsync),
        ("FeatureStore", _featureStore!.KillAndRestartAsync),
        ("PostgreSQL", _ => _postgres.KillAndRestartAsync()),
        ("Redis", _ => _redis.KillAndRestartAsync()),
    ];

    public static async Task<FeaturePlaneProcesses> StartAsync(CancellationToken cancellationToken)
    {
        var plane = new FeaturePlaneProcesses();
        try
        {
            await plane.InitializeAsync(cancellationToken);
            return plane;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await (_featureStore?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_ingestion?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await _postgres.InitializeAsync();
        await _redis.InitializeAsync();
        _ingestion = await ServiceProcess.StartAsync(
            "Ingestion", [("ConnectionStrings__ingestion", await _postgres.CreateDatabaseAsync())], cancellationToken);
        _featureStore = await ServiceProcess.StartAsync(
            "FeatureStore",
            [
                ("ConnectionStrings__features", await _postgres.CreateDatabaseAsync()),
                ("ConnectionStrings__online-store", _redis.ConnectionString),
                ("services__ingestion__grpc__0", _ingestion.Grpc.ToString()),
                ("Data__Directory", _directory.FullName),
            ],
            cancellationToken);

        var (ingestion, featureStore) = (Connect(_ingestion), Connect(_featureStore));
        Events = new EventIngestion.EventIngestionClient(ingestion);
        Sources = new Sources.SourcesClient(ingestion);
        EventLog = new EventLog.EventLogClient(ingestion);
        Definitions = new FeatureDefinitions.FeatureDefinitionsClient(featureStore);
        Materialization = new Materialization.MaterializationClient(featureStore);
        Retrieval = new FeatureRetrieval.FeatureRetrievalClient(featureStore);
        TrainingSets = new TrainingSets.TrainingSetsClient(featureStore);
    }

    private GrpcChannel Connect(ServiceProcess service)
    {
        var channel = GrpcChannel.ForAddress(service.Grpc, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        _channels.Add(channel);
        return channel;
    }
}
