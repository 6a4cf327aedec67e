using System.Collections.Concurrent;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.TestSupport;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace CloudNativeAi.FeatureStore.Tests.Application;

/// <summary>The real service on real stores, with a database and a directory of its own; can be stopped and started again on them.</summary>
internal sealed class FeatureStoreApplication : IAsyncDisposable
{
    // A database of Redis for each application that runs: they share the server, and the key of an entity is the same in all of them.
    private static readonly ConcurrentBag<int> FreeDatabases = [.. Enumerable.Range(1, 15)];

    private readonly int _database;
    private readonly RedisServer _redis;
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"cnai-features-{Guid.NewGuid():N}");
    private readonly Dictionary<string, string> _settings = [];
    private Host? _host;
    private GrpcChannel? _channel;

    private FeatureStoreApplication(string postgres, RedisServer redis, FakeIngestion ingestion)
    {
        _redis = redis;
        _database = FreeDatabases.TryTake(out var free) ? free : throw new InvalidOperationException("All databases of Redis are taken: an application was not disposed.");
        _settings["ConnectionStrings:features"] = postgres;
        _settings["ConnectionStrings:online-store"] = $"{redis.ConnectionString},defaultDatabase={_database}";
        _settings["services:ingestion:grpc:0"] = ingestion.Address;
        _settings["Data:Directory"] = _directory;
        _settings["Materialization:RefreshInterval"] = "00:00:00.2";
        _settings["Materialization:OfflineCommitInterval"] = "00:00:00.2";
        _settings["Logging:LogLevel:Default"] = "Warning";
    }

    public string Postgres => _settings["ConnectionStrings:features"];

    public string Redis => _settings["ConnectionStrings:online-store"];

    public IReadOnlyDictionary<string, string> Settings => _settings;

    public FeatureDefinitions.FeatureDefinitionsClient Definitions => new(_channel);

    public FeatureRetrieval.FeatureRetrievalClient Retrieval => new(_channel);

    public Contracts.FeatureStore.TrainingSets.TrainingSetsClient TrainingSets => new(_channel);

    public Contracts.FeatureStore.Statistics.StatisticsClient Statistics => new(_channel);

    public Contracts.FeatureStore.Parity.ParityClient Parity => new(_channel);

    public Contracts.FeatureStore.Materialization.MaterializationClient Materialization => new(_channel);

    public HttpClient Http => _host!.CreateClient();

    /// <summary>Real ports, for clients that are other programs; only after <see cref="ListenAsync"/>.</summary>
    public Uri HttpAddress => new(_settings["Kestrel:Endpoints:http:Url"]);

    public Uri GrpcAddress => new(_settings["Kestrel:Endpoints:grpc:Url"]);

    public IServiceProvider Services => _host!.Services;

    public static async Task<FeatureStoreApplication> StartAsync(
        PostgresServer postgres, RedisServer redis, FakeIngestion ingestion, params (string Key, string Value)[] settings)
    {
        var application = new FeatureStoreApplication(await postgres.CreateDatabaseAsync(), redis, ingestion);
        foreach (var (key, value) in settings)
        {
            application._settings[key] = value;
        }

        application.Start();
        return application;
    }

    /// <summary>Starts it on real ports.</summary>
    public static async Task<FeatureStoreApplication> ListenAsync(PostgresServer postgres, RedisServer redis, FakeIngestion ingestion)
    {
        var application = new FeatureStoreApplication(await postgres.CreateDatabaseAsync(), redis, ingestion);
        application._settings["Kestrel:Endpoints:http:Url"] = $"http://127.0.0.1:{PostgresServer.FreePort()}";
        application._settings["Kestrel:Endpoints:grpc:Url"] = $"http://127.0.0.1:{PostgresServer.FreePort()}";
        application._host = new Host(application._settings);
        application._host.UseKestrel();
        application._host.StartServer();
        application._channel = GrpcChannel.ForAddress(application.GrpcAddress);
        return application;
    }

    public void Start()
    {
        _host = new Host(_settings);
        _channel = GrpcChannel.ForAddress(_host.Server.BaseAddress, new GrpcChannelOptions
        {
            HttpHandler = _host.Server.CreateHandler(), MaxReceiveMessageSize = null, MaxSendMessageSize = null,
        });
    }

    public async Task StopAsync()
    {
        _channel?.Dispose();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _host = null;
    }

    /// <summary>Returns when both stores have the source up to a position.</summary>
    public Task WaitAsync(string source, long position) => Materialization.WaitForPositionAsync(
        new WaitForPositionRequest { Source = source, Position = position },
        deadline: DateTime.UtcNow.AddSeconds(60),
        cancellationToken: TestContext.Current.CancellationToken).ResponseAsync;

    public Task<ApplyDefinitionsResponse> ApplyAsync(string yaml) => Definitions.ApplyDefinitionsAsync(
        new ApplyDefinitionsRequest { Yaml = yaml, FileName = "features.yaml" }, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _redis.FlushAsync(_database);
        FreeDatabases.Add(_database);
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private sealed class Host(IReadOnlyDictionary<string, string> settings) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }
        }
    }
}
