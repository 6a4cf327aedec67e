using System.Diagnostics;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Npgsql;

namespace CloudNativeAi.Ingestion.Tests.EventLog;

public sealed class EventLogFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_come_back_as_they_were_sent_in_messages_of_any_size()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var sent = Flights.Batch(1, 137);
        foreach (var chunk in sent.Events.Chunk(10))
        {
            await host.IngestAsync(new IngestEventsRequest { Source = Flights.Name, Events = { chunk } });
        }

        foreach (var batchSize in new[] { 0, 1, 7, 10, 137, 1_000 })
        {
            var events = await host.ReadAllAsync(batchSize: batchSize);

            Assert.Equal(sent.Events.Select(e => e.Payload), events.Select(e => e.Payload));
            Flights.AssertReconciled(await host.StatusAsync(), events);
        }

        Assert.Equal(sent.Events.Skip(33).Select(e => e.Payload), (await host.ReadAllAsync(after: 33, batchSize: 20)).Select(e => e.Payload));
        var read = (await host.ReadAllAsync(after: 136)).Single();
        Assert.Equal(("f00000137", Flights.NewYearMicros + 137_000_000, 1), (read.Id, read.EventTimestampMicros, read.SchemaVersion));
    }

    [Fact]
    public async Task A_bounded_read_ends_at_its_bound()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        await host.IngestAsync(Flights.Batch(1, 50));
        using var call = host.Log.ReadEvents(
            new ReadEventsRequest { Source = Flights.Name, AfterPosition = 10, UntilPosition = 20, Follow = true }, cancellationToken: CancellationToken);

        var events = await call.ResponseStream.ReadAllAsync(CancellationToken).SelectMany(batch => batch.Events).ToListAsync(CancellationToken);

        Assert.Equal(Enumerable.Range(11, 10).Select(position => (long)position), events.Select(e => e.Position));
    }

    [Fact]
    public async Task Positions_stay_dense_under_concurrent_writers_and_rollbacks()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var schema = (await host.Get<SourceCatalog>().FindAsync(Flights.Name, CancellationToken))!;
        var writer = host.Get<EventLogWriter>();

        // Half of the transactions are given up after their rows were copied; their ids are then free again.
        await Parallel.ForAsync(0, 60, CancellationToken, async (number, cancellationToken) =>
        {
            using var rows = Rows(number * 100, 100);
            await using var transaction = await writer.BeginAsync(schema, cancellationToken);
            await writer.AddAsync(transaction, schema, rows, cancellationToken);
            if (number % 2 == 0)
            {
                await writer.CommitAsync(transaction, schema, cancellationToken);
            }
        });

        var events = await host.ReadAllAsync();
        Assert.Equal(30 * 100, events.Count);
        Flights.AssertReconciled(await host.StatusAsync(), events);
        Assert.Equal(100, (await host.IngestAsync(Flights.Batch(100, 100))).Accepted);
    }

    [Fact]
    public async Task A_reader_never_skips_a_batch_that_was_written_first_and_committed_last()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        var schema = (await host.Get<SourceCatalog>().FindAsync(Flights.Name, CancellationToken))!;
        var writer = host.Get<EventLogWriter>();
        using var call = host.Log.ReadEvents(new ReadEventsRequest { Source = Flights.Name, Follow = true }, cancellationToken: CancellationToken);

        // Its rows, with lower batch numbers, are in the log before those of the next two, but not yet committed.
        using var lateRows = Rows(1, 10);
        await using var late = await writer.BeginAsync(schema, CancellationToken);
        await writer.AddAsync(late, schema, lateRows, CancellationToken);
        await host.IngestAsync(Flights.Batch(100, 10));
        var before = await ReadAsync(call, 10);
        await host.IngestAsync(Flights.Batch(200, 10));
        var result = await writer.CommitAsync(late, schema, CancellationToken);
        var after = await ReadAsync(call, 20);

        Assert.Equal(30, result.LastPosition);
        Assert.Equal("f00000100", before[0].Id);
        Assert.Equal(Enumerable.Range(1, 30).Select(position => (long)position), before.Concat(after).Select(e => e.Position));
        Assert.Equal("f00000001", after[10].Id);
    }

    [Fact]
    public async Task A_writer_that_has_its_positions_but_is_slow_to_commit_holds_the_next_one_back()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        await using var gate = new NpgsqlConnection(host.ConnectionString);
        await gate.OpenAsync(CancellationToken);

        // A deferred trigger runs inside of COMMIT: the first batch stops there, behind the gate, with its head row updated.
        await ExecuteAsync(gate, """
            CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON event_batches DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW WHEN (NEW.first_position = 1) EXECUTE FUNCTION wait_at_gate();
            SELECT pg_advisory_lock(42);
            """);
        using var call = host.Log.ReadEvents(new ReadEventsRequest { Source = Flights.Name, Follow = true }, cancellationToken: CancellationToken);

        var first = host.IngestAsync(Flights.Batch(1, 10));
        await WaitForAsync(gate, "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
        var second = host.IngestAsync(Flights.Batch(100, 10));
        await WaitForAsync(gate, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%source_heads%'");

        Assert.False(first.IsCompleted || second.IsCompleted);
        Assert.Empty(await host.ReadAllAsync());
        await ExecuteAsync(gate, "SELECT pg_advisory_unlock(42)");
        var events = await ReadAsync(call, 20);

        Assert.Equal((10, 20), ((await first).LastPosition, (await second).LastPosition));
        Assert.Equal("f00000001", events[0].Id);
        Assert.Equal(Enumerable.Range(1, 20).Select(position => (long)position), events.Select(e => e.Position));
    }

    [Fact]
    public async Task A_follower_reads_on_while_many_write()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        using var call = host.Log.ReadEvents(new ReadEventsRequest { Source = Flights.Name, Follow = true, BatchSize = 130 }, cancellationToken: CancellationToken);

        var reading = ReadAsync(call, 4_000);
        await Parallel.ForAsync(0, 40, CancellationToken, async (number, _) => await host.IngestAsync(Flights.Batch(number * 100, 100)));

        Flights.AssertReconciled(await host.StatusAsync(), await reading);
    }

    [Fact]
    public async Task A_follower_is_woken_at_once_by_this_replica_and_by_another()
    {
        await using var host = await IngestionHost.StartAsync(postgres, settings: "EventLog:PollInterval=00:01:00");
        await using var other = await IngestionHost.StartAsync(postgres, host.ConnectionString);
        await host.DeclareAsync();
        using var call = host.Log.ReadEvents(new ReadEventsRequest { Source = Flights.Name, Follow = true }, cancellationToken: CancellationToken);

        await host.IngestAsync(Flights.Batch(1, 1));
        await ReadAsync(call, 1);
        var started = Stopwatch.StartNew();
        await other.IngestAsync(Flights.Batch(2, 1));
        await ReadAsync(call, 1);

        Assert.True(started.Elapsed < TimeSpan.FromSeconds(20), $"woken after {started.Elapsed}");
    }

    [Fact]
    public async Task A_position_of_another_log_is_refused_not_awaited()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        await host.IngestAsync(Flights.Batch(1, 5));

        var beyond = await Assert.ThrowsAsync<RpcException>(() => host.ReadAllAsync(after: 6));
        var negative = await Assert.ThrowsAsync<RpcException>(() => host.ReadAllAsync(after: -1));
        var unknown = await Assert.ThrowsAsync<RpcException>(() => host.ReadAllAsync(source: "none"));

        Assert.Equal(StatusCode.OutOfRange, beyond.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, negative.StatusCode);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Readers_are_bounded()
    {
        await using var host = await IngestionHost.StartAsync(postgres, settings: "EventLog:MaxReaders=1");
        await host.DeclareAsync();
        await host.IngestAsync(Flights.Batch(1, 1));
        using var open = host.Log.ReadEvents(new ReadEventsRequest { Source = Flights.Name, Follow = true }, cancellationToken: CancellationToken);
        await ReadAsync(open, 1);

        var refused = await Assert.ThrowsAsync<RpcException>(() => host.ReadAllAsync());

        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
    }

    [Fact]
    public async Task Everything_is_there_after_a_restart()
    {
        var connectionString = await postgres.CreateDatabaseAsync();
        SourceStatus before;
        await using (var first = await IngestionHost.StartAsync(postgres, connectionString))
        {
            await first.DeclareAsync();
            await first.IngestAsync(Flights.Batch(1, 100));
            before = await first.StatusAsync();
        }

        await using var second = await IngestionHost.StartAsync(postgres, connectionString);

        Assert.Equal(before, await second.StatusAsync());
        var response = await second.IngestAsync(Flights.Batch(51, 100));
        Assert.Equal((50, 50, 150), (response.Accepted, response.Duplicates, response.LastPosition));
        Flights.AssertReconciled(await second.StatusAsync(), await second.ReadAllAsync());
    }

    [Fact]
    public async Task An_open_reader_is_told_when_the_service_stops()
    {
        var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        await host.IngestAsync(Flights.Batch(1, 1));
        using var call = host.Log.ReadEvents(new ReadEventsRequest { Source = Flights.Name, Follow = true }, cancellationToken: CancellationToken);
        await ReadAsync(call, 1);

        var started = Stopwatch.StartNew();
        host.Get<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().StopApplication();
        var ended = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken));
        await host.DisposeAsync();

        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.True(started.Elapsed < TimeSpan.FromSeconds(15), $"stopped after {started.Elapsed}");
    }

    internal static EventRows Rows(long first, int count)
    {
        var rows = new EventRows();
        for (var number = first; number < first + count; number++)
        {
            rows.Add(System.Text.Encoding.UTF8.GetBytes($"f{number:D8}"), Flights.NewYearMicros, System.Text.Encoding.UTF8.GetBytes(Flights.Row(number)));
        }

        return rows;
    }

    private static async Task<List<LoggedEvent>> ReadAsync(AsyncServerStreamingCall<EventBatch> call, int count)
    {
        List<LoggedEvent> events = [];
        while (events.Count < count && await call.ResponseStream.MoveNext(CancellationToken))
        {
            events.AddRange(call.ResponseStream.Current.Events);
        }

        return events;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    private static async Task WaitForAsync(NpgsqlConnection connection, string condition)
    {
        await using var command = new NpgsqlCommand(condition, connection);
        while (await command.ExecuteScalarAsync(CancellationToken) is not true)
        {
            await Task.Delay(20, CancellationToken);
        }
    }
}
