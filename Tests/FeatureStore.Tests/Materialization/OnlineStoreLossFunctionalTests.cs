using System.Net;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.Tests.Materialization;

/// <summary>The online store comes back from the offline store alone: no event arrives meanwhile.</summary>
public sealed class OnlineStoreLossFunctionalTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_Redis_that_was_lost_while_the_service_was_down_is_filled_again_at_its_start()
    {
        await using var ownRedis = new RedisServer();
        await ownRedis.InitializeAsync();
        await using var ingestion = await FakeIngestion.StartAsync();
        var events = Departures.Random(1_000, seed: 21);
        ingestion.Put(Departures.Declaration()).Append(events.ToLog());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, ownRedis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        await application.WaitAsync(Departures.Source, 1_000);

        await application.StopAsync();
        await ownRedis.KillAndRestartAsync();
        application.Start();

        await Eventually.TrueAsync(() => IsReadableAsync(application), CancellationToken);
        await application.WaitAsync(Departures.Source, 1_000);
        await application.AssertOnlineEqualsOracleAsync(events, events.Max(item => item.EventTimestamp));
    }

    [Fact]
    public async Task A_Redis_that_is_lost_while_nobody_reads_and_no_event_comes_is_filled_again()
    {
        await using var ownRedis = new RedisServer();
        await ownRedis.InitializeAsync();
        await using var ingestion = await FakeIngestion.StartAsync();
        var events = Departures.Random(500, seed: 23);
        ingestion.Put(Departures.Declaration()).Append(events.ToLog());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, ownRedis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        await application.WaitAsync(Departures.Source, 500);

        await ownRedis.KillAndRestartAsync();

        // Only PostgreSQL is asked meanwhile.
        await Eventually.TrueAsync(
            async () => (await application.Materialization.ListViewMaterializationsAsync(new ListViewMaterializationsRequest(), cancellationToken: CancellationToken))
                .Materializations.Count(build => build is { Reason: "store lost", RetiredMicros: 0, ReadyMicros: > 0, Position: 500 }) == 2,
            CancellationToken);
        await Eventually.TrueAsync(() => IsReadableAsync(application), CancellationToken);
        await application.AssertOnlineEqualsOracleAsync(events, events.Max(item => item.EventTimestamp));
    }

    [Fact]
    public async Task One_command_builds_the_online_store_anew()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var events = Departures.Random(1_000, seed: 22);
        ingestion.Put(Departures.Declaration()).Append(events.ToLog());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        await application.WaitAsync(Departures.Source, 1_000);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(application.Redis);
        var database = connection.GetDatabase();
        var keys = connection.GetServers().Single().Keys(database.Database, "cnai:*:origin_windows:*").ToArray();
        await database.KeyDeleteAsync(keys[..(keys.Length / 2)]);

        var answer = await application.Http.PostAsync("/v1/online-store/rebuild", null, CancellationToken);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await application.WaitAsync(Departures.Source, 1_000);
        await application.AssertOnlineEqualsOracleAsync(events, events.Max(item => item.EventTimestamp));
        await Eventually.TrueAsync(() => !connection.GetServers().Single().Keys(database.Database, "cnai:*:origin_windows:*").Any(keys.Contains), CancellationToken);
    }

    private static async Task<bool> IsReadableAsync(FeatureStoreApplication application)
    {
        try
        {
            await application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(["A1"], asOf: null), cancellationToken: CancellationToken);
            return true;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unavailable)
        {
            return false;
        }
    }
}
