using System.Diagnostics.Metrics;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.FeatureStore.Tests.Transformations;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.Tests.Parity;

public sealed class ParityFunctionalTests(PostgresServer postgres, RedisServer redis)
{
    private const int Samples = 25;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_served_while_events_come_is_what_training_sees(bool backfilled)
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration(backfilled));
        await using var application = await FeatureStoreApplication.StartAsync(
            postgres, redis, ingestion, ("Parity:Interval", "00:00:00.01"), ("OnlineStore:History", "30.00:00:00"));
        await application.ApplyAsync(Departures.Yaml);
        // Keys of a live source expire by the clock, so the events are of last week.
        var moved = ((DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000) - FeatureEvents.Start - (7 * Durations.Day)) / Durations.Day * Durations.Day;
        var events = Departures.Random(4_000, seed: 51).Select(item => item with { EventTimestamp = item.EventTimestamp + moved, Created = item.Created + moved }).ToArray();
        var parts = new Queue<FeatureEvent[]>(events.Chunk(100));
        string[] keys = ["A0", "A1", "A2", "A3"];

        // Until the first events are applied, the view may not be ready and a read be told to come again.
        source.Append(parts.Dequeue().ToLog());
        await application.WaitAsync(Departures.Source, 100);

        // Reads and events take turns, so that many of what is read is not yet in the offline store.
        await Eventually.TrueAsync(
            async () =>
            {
                var asOf = events[0].EventTimestamp + Durations.Day;
                if (parts.TryDequeue(out var part))
                {
                    source.Append(part.ToLog());
                    asOf = part.Max(item => item.EventTimestamp) + Durations.Hour;
                }

                await application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(keys, asOf), cancellationToken: CancellationToken);
                return (await ReportAsync(application)).Samples >= Samples;
            },
            CancellationToken);

        var report = await ReportAsync(application);
        Assert.Empty(report.Mismatches);
        Assert.Equal(0, report.MismatchedSamples);
        Assert.NotEqual(0, report.LastSampleMicros);
    }

    [Fact]
    public async Task Value_that_training_would_not_see_is_found_counted_and_kept()
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var source = ingestion.Put(Departures.Declaration());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion, ("Parity:Interval", "00:00:00.01"));
        await application.ApplyAsync(Departures.Yaml);
        var events = Departures.Random(300, seed: 52);
        source.Append(events.ToLog());
        await application.WaitAsync(Departures.Source, events.Length);
        await SwapAsync(application, "A0", "A1");
        using var samples = new MetricCollector<long>(
            application.Services.GetRequiredService<IMeterFactory>(), FeatureStoreMetrics.MeterName, "feature_store.parity.samples");

        var asOf = events.Max(item => item.EventTimestamp) + Departures.Schema.AvailabilityDelayMicros;
        await Eventually.TrueAsync(
            async () =>
            {
                await application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(["A0"], asOf), cancellationToken: CancellationToken);
                return (await ReportAsync(application)).MismatchedSamples > 0;
            },
            CancellationToken);

        var mismatch = (await ReportAsync(application)).Mismatches[0];
        Assert.StartsWith("origin_windows:", mismatch.Feature, StringComparison.Ordinal);
        Assert.Equal("A0", Assert.Single(mismatch.EntityKey).StringValue);
        Assert.Equal(asOf, mismatch.AsOfMicros);
        Assert.NotEqual(mismatch.Online, mismatch.Offline);
        Assert.Contains(samples.GetMeasurementSnapshot(), sample => (string?)sample.Tags["result"] == "different" && (string?)sample.Tags["feature_view.name"] == "origin_windows");
        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => application.Parity.GetParityAsync(new GetParityRequest { PageSize = 1_001 }, cancellationToken: CancellationToken).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);

        // Repaired, and a sample from before has been looked at when two more have.
        await SwapAsync(application, "A0", "A1");
        var looked = (await ReportAsync(application)).Samples;
        await Eventually.TrueAsync(
            async () =>
            {
                await application.Retrieval.GetOnlineFeaturesAsync(Departures.Request(["A0"], asOf), cancellationToken: CancellationToken);
                return (await ReportAsync(application)).Samples >= looked + 2;
            },
            CancellationToken);
        await AssertHeldUntilResolvedAsync(application, mismatch.Feature);
    }

    [Theory]
    [InlineData("", "", 0, "why", "")]
    [InlineData("origin_windows", "", 0, "", "")]
    [InlineData("origin_windows", "", 0, "  ", "")]
    [InlineData("origin_windows", "", -1, "why", "")]
    [InlineData("origin_windows", "", 0, "why", "an actor of a very long name, which nobody has, repeated here until there are more than two hundred characters in it, "
        + "as there are in this one now, or nearly, since it takes some more words to get there, and then it does")]
    public async Task Resolution_says_what_is_wrong_with_it(string view, string feature, long until, string reason, string actor)
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        var request = new ResolveMismatchesRequest { FeatureView = view, Feature = feature, FoundUntilMicros = until, Reason = reason, Actor = actor };

        var refused = await Assert.ThrowsAsync<RpcException>(() => application.Parity.ResolveMismatchesAsync(request, cancellationToken: CancellationToken).ResponseAsync);
        var unknown = await Assert.ThrowsAsync<RpcException>(
            () => application.Parity.CheckParityAsync(new CheckParityRequest { FeatureService = "nothing" }, cancellationToken: CancellationToken).ResponseAsync);

        Assert.Equal((StatusCode.InvalidArgument, StatusCode.NotFound), (refused.StatusCode, unknown.StatusCode));
    }

    private static async Task AssertHeldUntilResolvedAsync(FeatureStoreApplication application, string feature)
    {
        var held = await CheckAsync(application);
        Assert.InRange(held.Unresolved, 1, long.MaxValue);
        Assert.Contains(feature, held.Features);
        Assert.Equal(0, (await ResolveAsync(application, "origin_latest", 0)).Resolved);
        Assert.Equal(0, (await ResolveAsync(application, "origin_windows", 1)).Resolved);

        Assert.InRange((await ResolveAsync(application, "origin_windows", 0)).Resolved, held.Unresolved, long.MaxValue);

        Assert.Equal(new ParityVerdict(), await CheckAsync(application));
        Assert.Empty((await ReportAsync(application)).Mismatches);
        var all = await application.Parity.GetParityAsync(new GetParityRequest { IncludeResolved = true }, cancellationToken: CancellationToken);
        Assert.All(all.Mismatches, mismatch => Assert.Equal(("the keys were swapped; they are swapped back", "ops"), (mismatch.Resolution, mismatch.ResolvedBy)));
        Assert.All(all.Mismatches, mismatch => Assert.InRange(mismatch.ResolvedMicros, mismatch.FoundMicros, long.MaxValue));
    }

    private static Task<ParityVerdict> CheckAsync(FeatureStoreApplication application) =>
        application.Parity.CheckParityAsync(new CheckParityRequest { FeatureService = "delays" }, cancellationToken: CancellationToken).ResponseAsync;

    private static Task<ResolveMismatchesResponse> ResolveAsync(FeatureStoreApplication application, string view, long until) =>
        application.Parity.ResolveMismatchesAsync(
            new ResolveMismatchesRequest { FeatureView = view, FoundUntilMicros = until, Reason = "the keys were swapped; they are swapped back", Actor = "ops" },
            cancellationToken: CancellationToken).ResponseAsync;

    private static Task<ParityReport> ReportAsync(FeatureStoreApplication application) =>
        application.Parity.GetParityAsync(new GetParityRequest(), cancellationToken: CancellationToken).ResponseAsync;

    private static async Task SwapAsync(FeatureStoreApplication application, string left, string right)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(application.Redis);
        var database = connection.GetDatabase();
        var keys = connection.GetServers().Single().Keys(database.Database, "cnai:*:origin_windows:*").Select(key => key.ToString()).ToList();
        var (a, b) = (keys.Single(key => key.Contains($":{left}}}", StringComparison.Ordinal)), keys.Single(key => key.Contains($":{right}}}", StringComparison.Ordinal)));
        var (valueOfA, valueOfB) = (await database.StringGetAsync(a), await database.StringGetAsync(b));
        await database.StringSetAsync(a, valueOfB);
        await database.StringSetAsync(b, valueOfA);
    }
}
