using System.Security.Cryptography;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using DuckDB.NET.Data;
using Google.Protobuf;
using Grpc.Core;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Training.Tests.Fakes;

/// <summary>Serves one training set per range: a row a minute, whose label hangs on its features.</summary>
internal sealed class FakeFeatureStore : IDisposable
{
    public const long Minute = 60_000_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("cnai-training-sets-").FullName;
    private readonly Dictionary<string, (TrainingSet Set, byte[] Bytes)> _sets = new(StringComparer.Ordinal);

    public int Created { get; private set; }

    public int Downloads { get; private set; }

    /// <summary>Awaited before a set is made: a test can hold a job here.</summary>
    public Func<CancellationToken, Task> BeforeCreate { get; set; } = _ => Task.CompletedTask;

    /// <summary>SQL of the label, of i, kind, mean and distance.</summary>
    public string Label { get; set; } = "(hash(i * 7) % 1000) / 1000.0 < 1 / (1 + exp(-((coalesce(mean, 3) - 5) * (distance - 500) / 400 + CASE kind WHEN 'a' THEN 1 ELSE -1 END)))";

    public FeatureService Service { get; } = new()
    {
        Name = "delays",
        DefinitionsVersion = 3,
        JoinKeys = { new Field { Name = "origin", Type = ValueType.String } },
        RequestFields = { new Field { Name = "sched_utc", Type = ValueType.Timestamp }, new Field { Name = "distance", Type = ValueType.Double } },
        Features =
        {
            new Field { Name = "view:mean", Type = ValueType.Double },
            new Field { Name = "view:count", Type = ValueType.Int64 },
            new Field { Name = "view:kind", Type = ValueType.String },
            new Field { Name = "view:last_utc", Type = ValueType.Timestamp },
        },
        RequestFeatures =
        {
            new RequestFeature { Name = "hour", Type = ValueType.Int64, Expression = "hour(sched_utc)" },
            new RequestFeature { Name = "miles", Type = ValueType.Double, Expression = "distance" },
            new RequestFeature { Name = "age_minutes", Type = ValueType.Double, Expression = "minutes_between(`view:last_utc`, sched_utc)" },
            new RequestFeature { Name = "origin_code", Type = ValueType.String, Expression = "origin" },
        },
    };

    public FeatureService Find(string name) => name == Service.Name
        ? Service
        : throw new RpcException(new Status(StatusCode.NotFound, $"There is no feature service '{name}'."));

    public async Task<TrainingSet> CreateAsync(CreateTrainingSetRequest request, CancellationToken cancellationToken)
    {
        await BeforeCreate(cancellationToken);
        Created++;
        var path = Path.Combine(_directory, $"{Guid.NewGuid():N}.parquet");
        using (var connection = new DuckDBConnection("DataSource=:memory:"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = Sql(request, path);
            command.ExecuteNonQuery();
        }

        var bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        var set = Describe(request, bytes);
        _sets[set.Digest] = (set, bytes);
        return set;
    }

    public TrainingSet Get(string digest) => Read(digest).Set;

    public byte[] Download(string digest)
    {
        Downloads++;
        return Read(digest).Bytes;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private (TrainingSet Set, byte[] Bytes) Read(string digest) => _sets.TryGetValue(digest, out var set)
        ? set
        : throw new RpcException(new Status(StatusCode.NotFound, $"There is no training set '{digest}'."));

    private string Sql(CreateTrainingSetRequest request, string path) =>
        $"""
        COPY (
            SELECT 'e' || i AS event_id, {request.FromMicros} + i * {Minute} AS entity_timestamp, {request.FromMicros} + i * {Minute} + 1 AS label_known_timestamp,
                   origin, sched_utc, distance, mean AS "view:mean", hash(i * 3) % 9 AS "view:count", kind AS "view:kind", last_utc AS "view:last_utc", CAST({Label} AS DOUBLE) AS label
            FROM (
                SELECT i, CASE WHEN hash(i * 2) % 3 = 0 THEN 'SEA' ELSE 'PDX' END AS origin,
                       make_timestamp({request.FromMicros} + i * {Minute} + 3600000000) AS sched_utc,
                       (hash(i * 5) % 1000)::DOUBLE AS distance,
                       CASE WHEN hash(i * 11) % 5 = 0 THEN NULL ELSE (hash(i * 13) % 100) / 10.0 END AS mean,
                       CASE hash(i * 17) % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE NULL END AS kind,
                       make_timestamp({request.FromMicros} + i * {Minute} - 60000000 * (hash(i * 19) % 50)::BIGINT) AS last_utc
                FROM range(0, {(request.ToMicros - request.FromMicros) / Minute}) AS rows(i))
            ORDER BY i
        ) TO '{path}' (FORMAT parquet)
        """;

    private TrainingSet Describe(CreateTrainingSetRequest request, byte[] bytes) => new()
    {
        Digest = Convert.ToHexStringLower(SHA256.HashData(bytes)),
        FeatureService = request.FeatureService,
        Label = request.Label,
        FromMicros = request.FromMicros,
        ToMicros = request.ToMicros,
        Rows = (request.ToMicros - request.FromMicros) / Minute,
        SizeBytes = bytes.Length,
        DefinitionsVersion = Service.DefinitionsVersion,
        SourcePositions = { ["arrivals"] = 1_234 },
        Columns =
        {
            new Field { Name = "event_id", Type = ValueType.String },
            new Field { Name = "entity_timestamp", Type = ValueType.Timestamp },
            new Field { Name = "label_known_timestamp", Type = ValueType.Timestamp },
            Service.JoinKeys, Service.RequestFields, Service.Features,
            new Field { Name = "label", Type = ValueType.Double },
        },
        CreatedMicros = 1,
    };
}

internal sealed class FakeDefinitionsGrpc(FakeFeatureStore store) : FeatureDefinitions.FeatureDefinitionsBase
{
    public override Task<FeatureService> GetFeatureService(GetFeatureServiceRequest request, ServerCallContext context) => Task.FromResult(store.Find(request.Name));
}

internal sealed class FakeTrainingSetsGrpc(FakeFeatureStore store) : Contracts.FeatureStore.TrainingSets.TrainingSetsBase
{
    private const int ChunkBytes = 10_000;

    public override async Task CreateTrainingSet(CreateTrainingSetRequest request, IServerStreamWriter<CreateTrainingSetProgress> responseStream, ServerCallContext context)
    {
        await responseStream.WriteAsync(new CreateTrainingSetProgress { Stage = "join", Fraction = 0.5 });
        var set = await store.CreateAsync(request, context.CancellationToken);
        await responseStream.WriteAsync(new CreateTrainingSetProgress { Stage = "done", Fraction = 1, Result = set });
    }

    public override Task<TrainingSet> GetTrainingSet(GetTrainingSetRequest request, ServerCallContext context) => Task.FromResult(store.Get(request.Digest));

    public override async Task ReadTrainingSet(ReadTrainingSetRequest request, IServerStreamWriter<ReadTrainingSetChunk> responseStream, ServerCallContext context)
    {
        foreach (var chunk in store.Download(request.Digest).Chunk(ChunkBytes))
        {
            await responseStream.WriteAsync(new ReadTrainingSetChunk { Data = ByteString.CopyFrom(chunk) });
        }
    }
}
