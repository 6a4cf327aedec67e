using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Tests.Materialization;

public sealed class MaterializationHistoryFunctionalTests(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    private FakeIngestion _ingestion = null!;
    private FeatureStoreApplication _application = null!;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ingestion = await FakeIngestion.StartAsync();
        _ingestion.Put(Departures.Declaration()).Append(Departures.Random(300, seed: 41).ToLog());
        _application = await FeatureStoreApplication.StartAsync(postgres, redis, _ingestion);
        await _application.ApplyAsync(Departures.Yaml.Replace("[1h, 12h]", "[2h]", StringComparison.Ordinal));
        await _application.WaitAsync(Departures.Source, 300);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _ingestion.DisposeAsync();
    }

    [Fact]
    public async Task Every_build_of_a_view_is_listed_with_its_reason_and_what_became_of_it()
    {
        await _application.ApplyAsync(Departures.Yaml);
        await _application.WaitAsync(Departures.Source, 300);
        (await _application.Http.PostAsync("/v1/online-store/rebuild", null, CancellationToken)).EnsureSuccessStatusCode();
        await _application.WaitAsync(Departures.Source, 300);
        await Eventually.TrueAsync(async () => (await ListAsync())[0].ReadyMicros > 0, CancellationToken);

        var builds = await ListAsync("origin_windows");

        Assert.Equal(["asked for", "changed", "added"], builds.Select(build => build.Reason));
        Assert.All(builds, build => Assert.Equal(("origin_windows", Departures.Source, 300), (build.FeatureView, build.Source, build.Position)));
        Assert.All(builds, build => Assert.InRange(build.ReadyMicros, build.StartedMicros, long.MaxValue));
        Assert.Equal(0, builds[0].RetiredMicros);
        Assert.All(builds.Zip(builds.Skip(1)), pair => Assert.InRange(pair.Second.RetiredMicros, pair.Second.ReadyMicros, pair.First.StartedMicros));
        Assert.Equal(builds[1].Entities, builds[0].Entities);
        Assert.NotEqual(0, builds[0].Entities);
        // Its definition was not changed.
        Assert.Equal(["asked for", "added"], (await ListAsync("origin_latest")).Select(build => build.Reason));
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap_while_builds_are_added()
    {
        var rebuilt = 0;
        List<ViewMaterialization> paged = [];
        for (var page = await ListAsync("", size: 1); page.Count > 0; page = await ListAsync("", size: 1, before: page[^1].Generation))
        {
            paged.AddRange(page);
            if (rebuilt++ == 0)
            {
                (await _application.Http.PostAsync("/v1/online-store/rebuild", null, CancellationToken)).EnsureSuccessStatusCode();
            }
        }

        Assert.Equal(["added", "added"], paged.Select(build => build.Reason));
        Assert.Equal(["origin_latest", "origin_windows"], paged.Select(build => build.FeatureView).Order(StringComparer.Ordinal));
        Assert.Equal(4, (await ListAsync()).Count);
    }

    [Fact]
    public async Task View_that_was_removed_keeps_its_history()
    {
        var yaml = Departures.Yaml;
        var (from, to) = (yaml.IndexOf("  - name: origin_windows", StringComparison.Ordinal), yaml.IndexOf("  - name: origin_latest", StringComparison.Ordinal));
        await _application.ApplyAsync(yaml.Remove(from, to - from).Replace("\"origin_windows:*\", ", "", StringComparison.Ordinal));

        var build = Assert.Single(await ListAsync("origin_windows"));

        Assert.InRange(build.RetiredMicros, build.ReadyMicros, long.MaxValue);
        Assert.Empty(await ListAsync("origin_windows", before: build.Generation));
    }

    [Theory]
    [InlineData("", -1, 0, StatusCode.InvalidArgument)]
    [InlineData("", 1_001, 0, StatusCode.InvalidArgument)]
    [InlineData("", 0, -1, StatusCode.InvalidArgument)]
    [InlineData("nothing", 0, 0, StatusCode.NotFound)]
    [InlineData("' OR true --", 0, 0, StatusCode.NotFound)]
    public async Task What_is_wrong_is_said(string view, int size, long before, StatusCode expected)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => ListAsync(view, size, before));

        Assert.Equal(expected, exception.StatusCode);
    }

    private async Task<IReadOnlyList<ViewMaterialization>> ListAsync(string view = "", int size = 0, long before = 0) =>
        (await _application.Materialization.ListViewMaterializationsAsync(
            new ListViewMaterializationsRequest { FeatureView = view, PageSize = size, BeforeGeneration = before }, cancellationToken: CancellationToken)).Materializations;
}
