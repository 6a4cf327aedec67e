using System.Diagnostics;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using DuckDB.NET.Data;
using Grpc.Core;
using Grpc.Net.Client;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Benchmarks.FeatureStore;

/// <summary>
/// Seconds for a training set of 100,000 labels over 5 views of 1,000,000 events each, through CreateTrainingSet, against one hand-written
/// DuckDB ASOF JOIN of the same Parquet files to a Parquet file, on all processors. The ratio is better when it is lower.
/// </summary>
internal sealed class TrainingSetBenchmark : IBenchmark
{
    private const int Views = 5;
    private const int Events = 1_000_000;
    private const int Labels = 100_000;
    private const int Entities = 1_000;

    // 2024-01-01, and a year of events.
    private const long Start = 1_704_067_200_000_000;
    private const long Year = 365L * 24 * 3_600 * 1_000_000;

    private static readonly (string Name, string Type)[] ViewColumns = [("origin", "string"), ("f0", "double"), ("f1", "double"), ("f2", "long"), ("f3", "string")];
    private static readonly (string Name, string Type)[] LabelColumns = [("origin", "string"), ("scheduled", "timestamp"), ("delay", "double")];

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("cnai-bench-");
        try
        {
            using var duckDb = new DuckDBConnection("DataSource=:memory:");
            duckDb.Open();
            var labels = WriteLabels(duckDb, directory.FullName);
            var views = Enumerable.Range(0, Views).Select(view => WriteView(duckDb, directory.FullName, view)).ToArray();

            await using var postgres = new PostgresServer();
            await postgres.InitializeAsync();
            await using var ingestion = await ServiceProcess.StartAsync(
                "Ingestion", [("ConnectionStrings__ingestion", await postgres.CreateDatabaseAsync())], cancellationToken);
            await using var service = await StartAsync(await postgres.CreateDatabaseAsync(), ingestion, directory.FullName, cancellationToken);
            using var channel = GrpcChannel.ForAddress(service.Grpc);
            await DefineAsync(ingestion, channel, cancellationToken);
            var client = new TrainingSets.TrainingSetsClient(channel);

            Console.WriteLine($"{Labels:N0} labels x {Views} views x {Events:N0} events; milliseconds:");
            var output = Path.Combine(directory.FullName, "asof.parquet");
            var digests = new HashSet<string>(StringComparer.Ordinal);
            var result = await Pairs.MeasureAsync(
                quick ? 3 : 11,
                token => TimeAsync(async () => digests.Add((await CreateAsync(client, token)).Digest)),
                _ => TimeAsync(() => Task.Run(() => AsOf(duckDb, labels, views, output), CancellationToken.None)),
                cancellationToken);

            Check(duckDb, Path.Combine(directory.FullName, "training-sets", $"{digests.Single()}.parquet"), output);
            return new Dictionary<string, double> { ["ratio"] = result.Ratio, ["training_set_ms"] = result.Ours, ["asof_ms"] = result.Ceiling };
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static OfflineTable WriteView(DuckDBConnection duckDb, string directory, int view) => OfflineTable.Write(
        duckDb, directory, $"source{view}", ViewColumns,
        $"""
        make_timestamptz({Start} + (i * {Year / Events}) + (hash(i + {view}) % 1000000)::BIGINT) AS event_timestamp,
        'A' || (hash(i, {view}) % {Entities}) AS origin, (hash(i, {view}, 1) % 100000) / 7.0 AS f0, (hash(i, {view}, 2) % 1000) / 3.0 AS f1,
        (hash(i, {view}, 3) % 500)::BIGINT AS f2, 'G' || (hash(i, {view}, 4) % 300) AS f3
        """,
        Events);

    private static OfflineTable WriteLabels(DuckDBConnection duckDb, string directory) => OfflineTable.Write(
        duckDb, directory, "labels", LabelColumns,
        $"""
        make_timestamptz({Start} + (i * {Year / Labels}) + 3600000000) AS event_timestamp, 'A' || (hash(i, 77) % {Entities}) AS origin,
        make_timestamptz({Start} + (i * {Year / Labels})) AS scheduled, ((hash(i, 78) % 600)::DOUBLE - 200) / 7.0 AS delay
        """,
        Labels);

    // Redis is not there: views are defined and joined, but not built online beside what is measured.
    private static Task<ServiceProcess> StartAsync(string database, ServiceProcess ingestion, string directory, CancellationToken cancellationToken) => ServiceProcess.StartAsync(
        "FeatureStore",
        [
            ("ConnectionStrings__features", database),
            ("ConnectionStrings__online-store", "127.0.0.1:9,connectTimeout=100,connectRetry=0"),
            ("Aspire__StackExchange__Redis__DisableHealthChecks", "true"),
            ("services__ingestion__grpc__0", ingestion.Grpc.ToString()),
            ("Data__Directory", directory),
            ("Materialization__RefreshInterval", "00:10:00"),
            ("Logging__LogLevel__Default", "None"),
        ],
        cancellationToken);

    private static async Task DefineAsync(ServiceProcess ingestion, GrpcChannel features, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(ingestion.Grpc);
        var sources = new Sources.SourcesClient(channel);
        await PutAsync("labels", LabelColumns);
        var yaml = new System.Text.StringBuilder("entities:\n  - { name: origin, join_keys: [ { name: origin, type: string } ] }\nfeature_views:\n");
        for (var view = 0; view < Views; view++)
        {
            await PutAsync($"source{view}", ViewColumns);
            yaml.Append(null, $"  - {{ name: view{view}, entity: origin, source: source{view}, features: [ f0, f1, f2, f3 ] }}\n");
        }

        yaml.Append(null, $"feature_services:\n  - {{ name: all, features: [ {string.Join(", ", Enumerable.Range(0, Views).Select(view => $"\"view{view}:*\""))} ] }}\n");
        yaml.Append("labels:\n  - { name: late, source: labels, entity_timestamp: scheduled, value: delay > 15 }\n");
        await new FeatureDefinitions.FeatureDefinitionsClient(features).ApplyDefinitionsAsync(
            new ApplyDefinitionsRequest { Yaml = yaml.ToString() }, cancellationToken: cancellationToken);

        async Task PutAsync(string name, (string Name, string Type)[] columns)
        {
            var source = new Source { Name = name, Availability = Availability.Backfilled };
            source.Fields.AddRange(columns.Select(column => new SourceField
            {
                Name = column.Name,
                Type = column.Type switch { "double" => ValueType.Double, "long" => ValueType.Int64, "timestamp" => ValueType.Timestamp, _ => ValueType.String },
            }));
            await sources.PutSourceAsync(new PutSourceRequest { Source = source }, cancellationToken: cancellationToken);
        }
    }

    private static async Task<TrainingSet> CreateAsync(TrainingSets.TrainingSetsClient client, CancellationToken cancellationToken)
    {
        using var call = client.CreateTrainingSet(
            new CreateTrainingSetRequest { FeatureService = "all", Label = "late", FromMicros = Start, ToMicros = Start + Year }, cancellationToken: cancellationToken);
        TrainingSet? result = null;
        await foreach (var progress in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            result = progress.Result;
        }

        return result?.Rows == Labels ? result : throw new InvalidOperationException($"The training set has {result?.Rows} rows.");
    }

    private static int AsOf(DuckDBConnection duckDb, OfflineTable labels, OfflineTable[] views, string output)
    {
        var joins = views.Select((view, index) =>
            $"ASOF LEFT JOIN (SELECT origin, event_timestamp, f0, f1, f2, f3 FROM read_parquet('{view.Parquet}')) v{index} ON l.origin = v{index}.origin AND l.scheduled >= v{index}.event_timestamp");
        using var command = duckDb.CreateCommand();
        command.CommandText =
            $"""
            COPY (
                SELECT l.event_id, l.scheduled, l.event_timestamp, l.origin,
                    {string.Join(", ", views.Select((_, index) => $"v{index}.f0 AS f0_{index}, v{index}.f1 AS f1_{index}, v{index}.f2 AS f2_{index}, v{index}.f3 AS f3_{index}"))},
                    (l.delay > 15)::DOUBLE AS label
                FROM read_parquet('{labels.Parquet}') l {string.Join(' ', joins)} ORDER BY l.scheduled, l.event_id
            ) TO '{output}' (FORMAT parquet, COMPRESSION snappy)
            """;
        return command.ExecuteNonQuery();
    }

    private static async Task<double> TimeAsync(Func<Task> run)
    {
        var started = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    // A fast wrong answer is not an answer: both have the same values.
    private static void Check(DuckDBConnection duckDb, string ours, string asOf)
    {
        var columns = Enumerable.Range(0, Views).SelectMany(view => Enumerable.Range(0, 4).Select(field => (Ours: $"o.\"view{view}:f{field}\"", AsOf: $"a.f{field}_{view}")));
        using var command = duckDb.CreateCommand();
        command.CommandText =
            $"""
            SELECT count(*) FROM read_parquet('{ours}') o JOIN read_parquet('{asOf}') a USING (event_id)
            WHERE {string.Join(" AND ", columns.Select(pair => $"{pair.Ours} IS NOT DISTINCT FROM {pair.AsOf}"))} AND o.label = a.label
            """;
        var same = (long)command.ExecuteScalar()!;
        if (same != Labels)
        {
            throw new InvalidOperationException($"{same} of {Labels} rows are those of the hand-written join.");
        }
    }
}
