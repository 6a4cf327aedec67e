using System.Diagnostics;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;

namespace CloudNativeAi.Benchmarks.Ingestion;

/// <summary>
/// Events per second through Ingestion's gRPC (validated, de-duplicated, positions given, durable) against bare binary COPY of the same rows
/// into the same tables of the same database: the event log with its primary key, and the event ids with theirs. Same batches, same number
/// of streams and connections. The service is a process of its own; this process is the client of both.
/// </summary>
internal sealed class IngestBenchmark : IBenchmark
{
    private const int Streams = 2;
    private const int BatchRows = 5_000;

    private int _nextRow;

    public async Task<IReadOnlyDictionary<string, double>> RunAsync(bool quick, CancellationToken cancellationToken)
    {
        var batchesPerStream = quick ? 10 : 20;
        var pairs = quick ? 7 : 15;

        await using var postgres = new PostgresServer();
        await postgres.InitializeAsync();
        var connectionString = await postgres.CreateDatabaseAsync();
        await using var service = await ServiceProcess.StartAsync("Ingestion", [("ConnectionStrings__ingestion", connectionString)], cancellationToken);
        using var channel = GrpcChannel.ForAddress(service.Grpc);
        await new Sources.SourcesClient(channel).PutSourceAsync(new PutSourceRequest { Source = BenchmarkRow.Source }, cancellationToken: cancellationToken);
        await using var copy = await RawCopy.CreateAsync(connectionString, cancellationToken);

        Console.WriteLine($"{Streams} streams, {batchesPerStream} batches of {BatchRows:N0} events each, {BenchmarkRow.Create(0).Payload.Length} bytes a payload; events/s:");
        var withIds = await Pairs.MeasureAsync(
            pairs,
            token => TimeAsync(batchesPerStream, batches => IngestAsync(channel, batches, token)),
            token => TimeAsync(batchesPerStream, batches => copy.RunAsync(batches, withIds: true, token)),
            cancellationToken);

        Console.WriteLine("The same against COPY into the event log alone, without the unique ids:");
        var withoutIds = await Pairs.MeasureAsync(
            quick ? 3 : 7,
            token => TimeAsync(batchesPerStream, batches => IngestAsync(channel, batches, token)),
            token => TimeAsync(batchesPerStream, batches => copy.RunAsync(batches, withIds: false, token)),
            cancellationToken);

        await CheckAsync(channel, connectionString, cancellationToken);
        return new Dictionary<string, double>
        {
            ["ratio"] = withIds.Ratio,
            ["events_per_s"] = withIds.Ours,
            ["ceiling_events_per_s"] = withIds.Ceiling,
            ["ratio_log_only"] = withoutIds.Ratio,
            ["log_only_events_per_s"] = withoutIds.Ceiling,
        };
    }

    private async Task<double> TimeAsync(int batchesPerStream, Func<BenchmarkRow[][][], Task> run)
    {
        // Every run has rows of its own, made before the clock starts.
        var batches = Enumerable.Range(0, Streams)
            .Select(_ => Enumerable.Range(0, batchesPerStream)
                .Select(_ => Enumerable.Range(0, BatchRows).Select(_ => BenchmarkRow.Create(_nextRow++)).ToArray())
                .ToArray())
            .ToArray();
        GC.Collect();

        var startTimestamp = Stopwatch.GetTimestamp();
        await run(batches);
        return Streams * batchesPerStream * BatchRows / Stopwatch.GetElapsedTime(startTimestamp).TotalSeconds;
    }

    private static Task IngestAsync(GrpcChannel channel, BenchmarkRow[][][] streams, CancellationToken cancellationToken)
    {
        var client = new EventIngestion.EventIngestionClient(channel);
        return Task.WhenAll(streams.Select(async batches =>
        {
            using var call = client.IngestEventStream(cancellationToken: cancellationToken);
            var answers = ReadAnswersAsync(call, batches.Length, cancellationToken);
            foreach (var batch in batches)
            {
                var request = new IngestEventsRequest { Source = BenchmarkRow.Source.Name };
                request.Events.AddRange(batch.Select(row => row.ToEvent()));
                await call.RequestStream.WriteAsync(request, cancellationToken);
            }

            await call.RequestStream.CompleteAsync();
            await answers;
        }));
    }

    private static async Task ReadAnswersAsync(AsyncDuplexStreamingCall<IngestEventsRequest, IngestEventsResponse> call, int count, CancellationToken cancellationToken)
    {
        var answers = 0;
        await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            if (response.Accepted != BatchRows)
            {
                throw new InvalidOperationException($"A batch was not accepted: {response.Error} ({response.Accepted} accepted)");
            }

            answers++;
        }

        if (answers != count)
        {
            throw new InvalidOperationException($"{count} batches, {answers} answers.");
        }
    }

    // A fast wrong answer is not an answer.
    private static async Task CheckAsync(GrpcChannel channel, string connectionString, CancellationToken cancellationToken)
    {
        var status = await new Sources.SourcesClient(channel).GetSourceAsync(
            new GetSourceRequest { Name = BenchmarkRow.Source.Name }, cancellationToken: cancellationToken);
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT count(*), count(DISTINCT position), max(position) FROM event_log", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetInt64(0) != status.HeadPosition || reader.GetInt64(1) != status.HeadPosition || reader.GetInt64(2) != status.HeadPosition)
        {
            throw new InvalidOperationException($"{status.HeadPosition} events were accepted, the log has {reader.GetInt64(0)}.");
        }
    }
}
