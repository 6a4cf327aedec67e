using System.Globalization;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.TestSupport;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace CloudNativeAi.Ingestion.Tests.EventLog;

public sealed class PartitionFunctionalTests(PostgresServer postgres)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 30, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_day_has_its_partition_and_positions_run_on_across_them()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await IngestionHost.StartAsync(postgres, timeProvider: time);
        await host.DeclareAsync();

        for (var day = 0; day < 4; day++)
        {
            await host.IngestAsync(Flights.Batch(day * 10, 10));
            time.Advance(TimeSpan.FromDays(4));
        }

        Flights.AssertReconciled(await host.StatusAsync(), await host.ReadAllAsync());
        foreach (var partition in new[] { "events_20260330", "events_20260403", "events_20260407", "events_20260411" })
        {
            Assert.Equal(10, await CountAsync(host, partition));
        }
    }

    [Fact]
    public async Task Retention_drops_whole_days_and_tells_readers_that_come_too_late()
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await IngestionHost.StartAsync(postgres, timeProvider: time, settings: "EventLog:Retention=2.00:00:00");
        await host.DeclareAsync();
        for (var day = 0; day < 4; day++)
        {
            await host.IngestAsync(Flights.Batch(day * 10, 10));
            time.Advance(TimeSpan.FromDays(1));
        }

        await host.Get<PartitionWorker>().RunOnceAsync(CancellationToken);

        // Now is April 3: April 1 (the third day) is the oldest that is kept.
        var status = await host.StatusAsync();
        Assert.Equal((40, 21), (status.HeadPosition, status.OldestPosition));
        Assert.Equal(Enumerable.Range(21, 20).Select(position => (long)position), (await host.ReadAllAsync()).Select(e => e.Position));
        Assert.Equal(15, (await host.ReadAllAsync(after: 25)).Count);
        Assert.Equal(20, (await host.ReadAllAsync(after: 20)).Count);
        var late = await Assert.ThrowsAsync<RpcException>(() => host.ReadAllAsync(after: 19));
        Assert.Equal(StatusCode.OutOfRange, late.StatusCode);
        Assert.Equal(20, await CountAsync(host, "event_ids"));
        Assert.Equal(20, await CountAsync(host, "event_log"));
        Assert.Equal(10, (await host.IngestAsync(Flights.Batch(20, 10))).Duplicates);
    }

    [Fact]
    public async Task Retention_of_a_service_that_was_down_for_days_drops_nothing_before_it_was_summed_up()
    {
        var time = new FakeTimeProvider(Start);
        await using (var before = await IngestionHost.StartAsync(postgres, timeProvider: time))
        {
            await before.DeclareAsync();
            await before.IngestAsync(Flights.Batch(0, 10));
            await RunAsync(before.ConnectionString);
        }

        async Task RunAsync(string connectionString)
        {
            time.Advance(TimeSpan.FromDays(5));
            await using var host = await IngestionHost.StartAsync(postgres, connectionString, time, "EventLog:Retention=2.00:00:00");
            await host.Get<PartitionWorker>().RunOnceAsync(CancellationToken);

            Assert.Equal(0, await CountAsync(host, "event_log"));
            var quality = await host.Sources.GetSourceQualityAsync(
                new GetSourceQualityRequest { Source = Flights.Name, WindowMicros = 7L * 24 * 3_600_000_000 }, cancellationToken: CancellationToken);
            Assert.Equal(10, Assert.Single(quality.Hours).Events);
        }
    }

    [Theory]
    [InlineData("4000000", 21, 40)]
    [InlineData("1048576", 31, 40)]
    public async Task Retention_by_size_keeps_the_newest_days_and_today_in_any_case(string bytes, long oldest, long head)
    {
        var time = new FakeTimeProvider(Start);
        await using var host = await IngestionHost.StartAsync(postgres, timeProvider: time, settings: ["EventLog:PartitionsAhead=1", "EventLog:MaintenanceInterval=1.00:00:00"]);
        await host.DeclareAsync();
        for (var day = 0; day < 4; day++)
        {
            // About 1.5 MB a day as stored: random digits hardly compress.
            await host.IngestAsync(new IngestEventsRequest
            {
                Source = Flights.Name,
                Events = { Enumerable.Range(day * 10, 10).Select(number => Event(number, new Random(number))) },
            });
            time.Advance(day < 3 ? TimeSpan.FromDays(1) : TimeSpan.Zero);
        }

        var options = new EventLogOptions { RetentionBytes = long.Parse(bytes, CultureInfo.InvariantCulture) };
        var worker = ActivatorUtilities.CreateInstance<PartitionWorker>(host.Services, Options.Create(options));
        await worker.RunOnceAsync(CancellationToken);
        await worker.RunOnceAsync(CancellationToken);

        var status = await host.StatusAsync();
        Assert.Equal((oldest, head), (status.OldestPosition, status.HeadPosition));
        Assert.Equal(head - oldest + 1, (await host.ReadAllAsync()).Count);

        static Event Event(int number, Random random)
        {
            var carrier = string.Concat(Enumerable.Range(0, 100_000).Select(_ => random.Next(10_000, 99_999)))[..200_000];
            return new Event
            {
                Payload = ByteString.CopyFromUtf8($$"""{"flight_id":"f{{number}}","departed":{{Flights.NewYearMicros}},"carrier":"{{carrier}}"}"""),
            };
        }
    }

    private static async Task<long> CountAsync(IngestionHost host, string table)
    {
        await using var connection = new NpgsqlConnection(host.ConnectionString);
        await connection.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        return (long)(await command.ExecuteScalarAsync(CancellationToken))!;
    }
}
