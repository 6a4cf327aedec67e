using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.FeatureStore.Tests.Materialization;

/// <summary>A source is declared live, and then it turns out that its events come long after they happened, or with another delay.</summary>
public sealed class SourceAvailabilityFunctionalTests(PostgresServer postgres, RedisServer redis)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Views_of_a_source_that_becomes_backfilled_are_built_anew_and_nothing_of_the_old_meaning_is_served(bool wasBackfilled)
    {
        await using var ingestion = await FakeIngestion.StartAsync();
        var before = Departures.Declaration(wasBackfilled);
        before.AvailabilityDelayMicros *= 3;
        var source = ingestion.Put(before);
        var events = Departures.Random(1_200, seed: 61);
        source.Append(events.Take(600).ToLog());
        await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
        await application.ApplyAsync(Departures.Yaml);
        await application.WaitAsync(Departures.Source, 600);

        // No event, no read and no definition tells it.
        ingestion.Put(Departures.Declaration(backfilled: true));
        await Eventually.TrueAsync(
            async () => (await ListAsync(application)).Count(build => build is { Reason: "changed", RetiredMicros: 0, ReadyMicros: > 0, Position: 600 }) == 2,
            CancellationToken);
        source.Append(events.Skip(600).ToLog());
        await application.WaitAsync(Departures.Source, 1_200);

        var newest = events.Max(item => item.EventTimestamp) + Departures.Schema.AvailabilityDelayMicros;
        await application.AssertOnlineEqualsOracleAsync(events, newest);
        await application.AssertOnlineEqualsOracleAsync(events, newest + (3 * Durations.Hour));
        // Declared again as it is: nothing is built.
        Assert.Equal(4, (await ListAsync(application)).Count);
    }

    private static async Task<IReadOnlyList<ViewMaterialization>> ListAsync(FeatureStoreApplication application) =>
        (await application.Materialization.ListViewMaterializationsAsync(new ListViewMaterializationsRequest(), cancellationToken: CancellationToken)).Materializations;
}
