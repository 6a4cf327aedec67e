using System.Globalization;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Google.Protobuf;
using Grpc.Net.Client;
using StackExchange.Redis;
using Value = CloudNativeAi.Contracts.Common.Value;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Benchmarks.FeatureStore;

/// <summary>Ingestion and FeatureStore with their stores, and two views of ten features each over a thousand entities.</summary>
internal sealed class FeaturePlane : IAsyncDisposable
{
    public const int Entities = 1_000;
    public const int Features = 20;

    public const string Source = "departures";
    private const int EventsPerEntity = 24;

    private const string Yaml =
        """
        entities:
          - name: origin
            join_keys: [ { name: origin, type: string } ]
        feature_views:
          - name: windows
            entity: origin
            source: departures
            aggregations:
              - { field: f0, functions: [count, sum, mean, max, stddev], windows: [1h, 12h] }
          - name: latest
            entity: origin
            source: departures
            features: [ f0, f1, f2, f3, f4, f5, f6, f7, f8, f9 ]
        feature_services:
          - name: all
            features: [ "windows:*", "latest:*" ]
        """;

    private readonly PostgresServer _postgres = new();
    private readonly RedisServer _redis = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("cnai-bench-");
    private ServiceProcess? _ingestion;
    private ServiceProcess? _featureStore;

    public ServiceProcess Ingestion => _ingestion!;

    public ServiceProcess FeatureStore => _featureStore!;

    public string Redis => _redis.ConnectionString;

    public static async Task<FeaturePlane> StartAsync(CancellationToken cancellationToken)
    {
        var plane = new FeaturePlane();
        try
        {
            await plane._postgres.InitializeAsync();
            await plane._redis.InitializeAsync();
            plane._ingestion = await ServiceProcess.StartAsync(
                "Ingestion", [("ConnectionStrings__ingestion", await plane._postgres.CreateDatabaseAsync())], cancellationToken);
            plane._featureStore = await ServiceProcess.StartAsync(
                "FeatureStore",
                [
                    ("ConnectionStrings__features", await plane._postgres.CreateDatabaseAsync()),
                    ("ConnectionStrings__online-store", plane._redis.ConnectionString),
                    ("services__ingestion__grpc__0", plane._ingestion.Grpc.ToString()),
                    ("Data__Directory", plane._directory.FullName),
                ],
                cancellationToken);
            await plane.FillAsync(cancellationToken);
            return plane;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    public static GetOnlineFeaturesRequest Request(IEnumerable<int> entities)
    {
        var column = new KeyColumn { JoinKey = "origin" };
        column.Values.AddRange(entities.Select(entity => new Value { StringValue = NameOf(entity) }));
        return new GetOnlineFeaturesRequest { FeatureService = "all", EntityKeys = { column } };
    }

    /// <summary>The keys of both views of each entity, as the service has them in Redis.</summary>
    public static async Task<RedisKey[][]> KeysByEntityAsync(ConnectionMultiplexer redis, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        await foreach (var key in redis.GetServers().Single().KeysAsync(pattern: "cnai:{origin:*", pageSize: 1_000).WithCancellation(cancellationToken))
        {
            keys.Add(key.ToString());
        }

        return [.. Enumerable.Range(0, Entities).Select(entity => keys
            .Where(key => key.StartsWith($"cnai:{{origin:{NameOf(entity)}}}:", StringComparison.Ordinal)).Select(key => (RedisKey)key).ToArray() is { Length: 2 } both
                ? both
                : throw new InvalidOperationException($"The entity {NameOf(entity)} has not two keys in Redis."))];
    }

    public async ValueTask DisposeAsync()
    {
        if (_featureStore is not null)
        {
            await _featureStore.DisposeAsync();
        }

        if (_ingestion is not null)
        {
            await _ingestion.DisposeAsync();
        }

        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        using var ingestion = GrpcChannel.ForAddress(_ingestion!.Grpc);
        using var features = GrpcChannel.ForAddress(FeatureStore.Grpc);
        var source = new Source
        {
            Name = Source,
            EventIdField = "id",
            EventTimestampField = "departed",
            // Known at its own time, and kept for ever.
            Availability = Availability.Backfilled,
            Fields =
            {
                new SourceField { Name = "id", Type = ValueType.String },
                new SourceField { Name = "departed", Type = ValueType.Timestamp },
                new SourceField { Name = "origin", Type = ValueType.String },
            },
        };
        source.Fields.AddRange(Enumerable.Range(0, 10).Select(field => new SourceField { Name = $"f{field}", Type = ValueType.Double }));
        await new Sources.SourcesClient(ingestion).PutSourceAsync(new PutSourceRequest { Source = source }, cancellationToken: cancellationToken);
        await new FeatureDefinitions.FeatureDefinitionsClient(features).ApplyDefinitionsAsync(new ApplyDefinitionsRequest { Yaml = Yaml }, cancellationToken: cancellationToken);

        var client = new EventIngestion.EventIngestionClient(ingestion);
        var now = DateTimeOffset.UtcNow;
        long position = 0;
        foreach (var part in Enumerable.Range(0, Entities * EventsPerEntity).Chunk(5_000))
        {
            var request = new IngestEventsRequest { Source = Source };
            request.Events.AddRange(part.Select(number => Old(number, now)));
            position = (await client.IngestEventsAsync(request, cancellationToken: cancellationToken)).LastPosition;
        }

        await new Materialization.MaterializationClient(features).WaitForPositionAsync(
            new WaitForPositionRequest { Source = Source, Position = position }, deadline: DateTime.UtcNow.AddMinutes(2), cancellationToken: cancellationToken);
    }

    /// <param name="departedMicros">Microseconds since the epoch.</param>
    /// <param name="valueOf">The number of each of the ten fields.</param>
    public static Event Event(string id, long departedMicros, int entity, Func<int, double> valueOf)
    {
        var fields = Enumerable.Range(0, 10).Select(field => string.Create(CultureInfo.InvariantCulture, $",\"f{field}\":{valueOf(field):R}"));
        return new Event { Payload = ByteString.CopyFromUtf8($$"""{"id":"{{id}}","departed":{{departedMicros}},"origin":"{{NameOf(entity)}}"{{string.Concat(fields)}}}""") };
    }

    // Three events an hour of each entity, the newest ten minutes ago: each window has some.
    private static Event Old(int number, DateTimeOffset now)
    {
        var (age, entity) = (number / Entities, number % Entities);
        var departed = now.AddMinutes(-10 - ((EventsPerEntity - 1 - age) * 20)).ToUnixTimeMilliseconds() * 1_000;
        return Event(string.Create(CultureInfo.InvariantCulture, $"e{number}"), departed, entity, field => ((number + field) % 977) / 7.0);
    }

    private static string NameOf(int entity) => string.Create(CultureInfo.InvariantCulture, $"A{entity:D4}");
}
