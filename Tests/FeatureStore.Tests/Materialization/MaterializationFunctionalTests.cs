using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.FeatureStore.Tests.Transformations;
using CloudNativeAi.TestSupport;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.Tests.Materialization;

public sealed class MaterializationFunctionalTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private static long Newest(IEnumerable<FeatureEvent> events) => events.Max(item => item.EventTimestamp) + Departures.Schema.AvailabilityDelayMicros;

    [Fact]
    public async Task Online_values_equal_a_look_at_every_event()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(3_000, seed: 1);

        foreach (var part in events.Chunk(170))
        {
            source.Append(part.ToLog());
        }

        await application.WaitAsync(Departures.Source, 3_000);
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events) + (3 * Durations.Hour));

        var status = await application.Materialization.GetStatusAsync(new GetStatusRequest(), cancellationToken: CancellationToken);
        var progress = Assert.Single(status.Sources);
        Assert.Equal((3_000, 3_000, 3_000, 3_000), (progress.HeadPosition, progress.OfflinePosition, progress.OfflineRows, progress.OnlinePosition));
        Assert.Equal("", progress.Error);
        Assert.Equal(events.Max(item => item.EventTimestamp), progress.LastEventTimestampMicros);
        Assert.All(status.FeatureViews, view => Assert.Equal(events.Select(item => item.Key).OfType<string>().Distinct().Count(), view.Entities));
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_the_service_is_stopped_again_and_again()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion, ("Materialization:BatchSize", "97"));
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(4_000, seed: 2);
        foreach (var part in events.Chunk(1_000))
        {
            source.Append(part.ToLog());
            await application.WaitAsync(Departures.Source, part[0].Position + 100);
            await application.StopAsync();
            application.Start();
        }

        await application.WaitAsync(Departures.Source, 4_000);
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
        var status = await application.Materialization.GetStatusAsync(new GetStatusRequest(), cancellationToken: CancellationToken);
        Assert.Equal(4_000, Assert.Single(status.Sources).OfflineRows);
        Assert.All(status.FeatureViews, view => Assert.Equal(events.Select(item => item.Key).OfType<string>().Distinct().Count(), view.Entities));
    }

    [Fact]
    public async Task A_lost_Redis_is_filled_again_by_itself()
    {
        await using var ownRedis = new RedisServer();
        await ownRedis.InitializeAsync();
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, ownRedis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(3_000, seed: 3);
        source.Append(events.Take(2_000).ToLog());
        await application.WaitAsync(Departures.Source, 2_000);

        await ownRedis.KillAndRestartAsync();
        source.Append(events.Skip(2_000).ToLog());

        await application.WaitAsync(Departures.Source, 3_000);
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
    }

    [Fact]
    public async Task A_Redis_that_came_back_with_older_data_is_brought_up_to_date()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(2_000, seed: 4);
        source.Append(events.Take(1_000).ToLog());
        await application.WaitAsync(Departures.Source, 1_000);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(application.Redis);
        var database = connection.GetDatabase();
        var before = new Dictionary<RedisKey, RedisValue>();
        await foreach (var key in connection.GetServers().Single().KeysAsync(database.Database).WithCancellation(CancellationToken))
        {
            before[key] = await database.StringGetAsync(key);
        }

        source.Append(events.Skip(1_000).Take(500).ToLog());
        await application.WaitAsync(Departures.Source, 1_500);
        await foreach (var key in connection.GetServers().Single().KeysAsync(database.Database).WithCancellation(CancellationToken))
        {
            await (before.TryGetValue(key, out var value) ? database.StringSetAsync(key, value) : database.KeyDeleteAsync(key));
        }

        source.Append(events.Skip(1_500).ToLog());
        await application.WaitAsync(Departures.Source, 2_000);
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
    }

    [Fact]
    public async Task A_new_view_is_filled_from_the_past_while_others_go_on()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(
            postgres, redis, ingestion, ("Materialization:BatchSize", "200"), ("Materialization:InlineCatchUp", "100"));
        var events = Departures.Random(3_000, seed: 5);
        await application.ApplyAsync(Departures.Yaml.Replace("\"origin_windows:*\", ", "", StringComparison.Ordinal)
            .Replace(Between(Departures.Yaml, "  - name: origin_windows", "  - name: origin_latest"), "", StringComparison.Ordinal));
        source.Append(events.Take(2_000).ToLog());
        await application.WaitAsync(Departures.Source, 2_000);

        var applied = await application.ApplyAsync(Departures.Yaml);
        source.Append(events.Skip(2_000).ToLog());

        Assert.Contains(applied.Changes, change => change is { Action: "added", Kind: "feature_view", Name: "origin_windows" });
        await application.WaitAsync(Departures.Source, 3_000);
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
    }

    [Fact]
    public async Task A_changed_view_is_built_anew_and_its_old_keys_are_deleted()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        var events = Departures.Random(1_000, seed: 6);
        await application.ApplyAsync(Departures.Yaml.Replace("[1h, 12h]", "[2h]", StringComparison.Ordinal));
        source.Append(events.ToLog());
        await application.WaitAsync(Departures.Source, 1_000);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(application.Redis);
        var server = connection.GetServers().Single();
        var oldKeys = server.Keys(connection.GetDatabase().Database, "cnai:*:origin_windows:*").ToHashSet();

        var applied = await application.ApplyAsync(Departures.Yaml);
        await application.WaitAsync(Departures.Source, 1_000);

        Assert.Contains("rebuilt", applied.Changes.Single(change => change.Name == "origin_windows").Consequence, StringComparison.Ordinal);
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
        Assert.NotEmpty(oldKeys);
        await Eventually.TrueAsync(() => !server.Keys(connection.GetDatabase().Database, "cnai:*:origin_windows:*").Any(oldKeys.Contains), CancellationToken);
    }

    [Fact]
    public async Task A_field_that_is_new_in_the_source_reaches_the_offline_store_from_its_first_event_on()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion, ("Materialization:RefreshInterval", "00:10:00"));
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(200, seed: 7);
        source.Append(events.Take(100).ToLog());
        await application.WaitAsync(Departures.Source, 100);

        var declaration = Departures.Declaration();
        declaration.Fields.Insert(1, new SourceField { Name = "carrier", Type = ValueType.String, Nullable = true });
        ingestion.Put(declaration);
        source.Append(events.Skip(100).ToLog().Select(WithCarrier));
        await application.WaitAsync(Departures.Source, 200);

        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
        var carriers = new List<string?>();
        var tables = application.Services.GetRequiredService<SourceTableStore>();
        await foreach (var batch in tables.ReadAsync(IngestionSources.ToSchema(declaration), 0, CancellationToken))
        {
            carriers.AddRange(batch.Fields[1].Strings.Take(batch.Count));
        }

        Assert.Equal([.. Enumerable.Repeat<string?>(null, 100), .. Enumerable.Repeat("AS", 100)], carriers);
    }

    [Fact]
    public async Task Small_files_are_put_together_in_the_background_and_nobody_notices()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(
            postgres, redis, ingestion, ("OfflineStore:UpkeepInterval", "00:00:00.2"), ("OfflineStore:CompactionMinFiles", "2"));
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(800, seed: 11);
        foreach (var part in events.Chunk(100))
        {
            source.Append(part.ToLog());
            await application.WaitAsync(Departures.Source, part[^1].Position);
        }

        var tables = application.Services.GetRequiredService<SourceTableStore>();
        await Eventually.TrueAsync(async () => (await tables.GetStatusAsync(Departures.Schema, CancellationToken)).Files <= 2, CancellationToken);

        // A view that is new is filled from the offline store.
        await application.ApplyAsync(Departures.Yaml.Replace("[1h, 12h]", "[2h]", StringComparison.Ordinal));
        await application.ApplyAsync(Departures.Yaml);
        await application.WaitAsync(Departures.Source, 800);
        await application.AssertOnlineEqualsOracleAsync(events, Newest(events));
    }

    [Fact]
    public async Task A_hole_in_the_log_stops_the_source_with_a_reason_and_skips_nothing()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(100, seed: 8);
        source.Append(events.Take(50).ToLog());
        await application.WaitAsync(Departures.Source, 50);

        source.Append(events.Skip(60).ToLog());

        var error = "";
        await Eventually.TrueAsync(
            async () => (error = (await application.Materialization.GetStatusAsync(new GetStatusRequest(), cancellationToken: CancellationToken)).Sources.SingleOrDefault()?.Error ?? "").Length > 0,
            CancellationToken);
        Assert.Contains("continues at position 61 where 51 was expected", error, StringComparison.Ordinal);
        await application.AssertOnlineEqualsOracleAsync(events[..50], Newest(events[..50]));
    }

    [Fact]
    public async Task A_malformed_event_stops_the_source_with_its_position()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Departures.Yaml);

        source.Append([new LoggedEvent { Position = 1, Id = "bad", EventTimestampMicros = FeatureEvents.Start, Payload = ByteString.CopyFromUtf8("""{"dep_delay":"late"}""") }]);

        var error = "";
        await Eventually.TrueAsync(
            async () => (error = (await application.Materialization.GetStatusAsync(new GetStatusRequest(), cancellationToken: CancellationToken)).Sources.SingleOrDefault()?.Error ?? "").Length > 0,
            CancellationToken);
        Assert.Contains("Event 1 ('bad')", error, StringComparison.Ordinal);
        Assert.Contains("'dep_delay'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_for_a_position_ends_with_the_deadline_and_says_where_the_stores_are()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        ingestion.Put(Departures.Declaration()).Append(Departures.Random(10, seed: 9).ToLog());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.WaitAsync(Departures.Source, 10);

        var late = await Assert.ThrowsAsync<RpcException>(() => application.Materialization.WaitForPositionAsync(
            new WaitForPositionRequest { Source = Departures.Source, Position = 11 }, deadline: DateTime.UtcNow.AddSeconds(1), cancellationToken: CancellationToken).ResponseAsync);
        var unknown = await Assert.ThrowsAsync<RpcException>(() => application.WaitAsync("nothing", 1));
        var negative = await Assert.ThrowsAsync<RpcException>(() => application.WaitAsync(Departures.Source, -1));
        var unnamed = await Assert.ThrowsAsync<RpcException>(() => application.WaitAsync("", 1));

        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, negative.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, unnamed.StatusCode);
    }

    [Fact]
    public async Task Two_replicas_share_one_log_and_both_serve_it()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var leader = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await leader.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(1_000, seed: 10);
        source.Append(events.Take(500).ToLog());
        await leader.WaitAsync(Departures.Source, 500);
        await using var follower = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion, [.. leader.Settings.Select(pair => (pair.Key, pair.Value))]);

        await follower.WaitAsync(Departures.Source, 500);
        await follower.AssertOnlineEqualsOracleAsync(events[..500], Newest(events[..500]));
        await leader.StopAsync();
        source.Append(events.Skip(500).ToLog());

        await follower.WaitAsync(Departures.Source, 1_000);
        await follower.AssertOnlineEqualsOracleAsync(events, Newest(events));
    }

    private static LoggedEvent WithCarrier(LoggedEvent item)
    {
        item.Payload = ByteString.CopyFromUtf8(item.Payload.ToStringUtf8().Replace("{", "{\"carrier\":\"AS\",", StringComparison.Ordinal));
        return item;
    }

    private static string Between(string text, string from, string to)
    {
        var start = text.IndexOf(from, StringComparison.Ordinal);
        return text[start..text.IndexOf(to, StringComparison.Ordinal)];
    }
}
