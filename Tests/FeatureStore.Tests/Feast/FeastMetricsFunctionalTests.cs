using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.FeatureStore.Tests.Feast;

/// <summary>What a dashboard for Feast asks for is at /metrics.</summary>
public sealed class FeastMetricsFunctionalTests(FeastMetricsFunctionalTests.Scrape scrape) : IClassFixture<FeastMetricsFunctionalTests.Scrape>
{
    // A name that no other test has: the series of all hosts of a process are at each one's /metrics.
    private const string View = "origin_measured";

    [Theory]
    [InlineData("feast_feature_server_request_total", "endpoint=\"/push\"", "status=\"success\"")]
    [InlineData("feast_feature_server_request_total", "endpoint=\"/get-online-features\"", "status=\"error\"")]
    [InlineData("feast_feature_server_request_latency_seconds_bucket", "endpoint=\"/materialize-incremental\"", "le=\"0.005\"")]
    [InlineData("feast_online_features_request_total")]
    [InlineData("feast_online_features_entity_count_bucket", "le=\"1000\"")]
    [InlineData("feast_online_features_status_total", "feature_view=\"origin_measured\"", "status=\"present\"")]
    [InlineData("feast_online_features_status_total", "feature_view=\"origin_measured\"", "status=\"not_found\"")]
    [InlineData("feast_feature_server_online_store_read_duration_seconds_count")]
    [InlineData("feast_push_request_total", "push_source=\"departures\"", "mode=\"online\"")]
    [InlineData("feast_materialization_result_total", "feature_view=\"origin_measured\"", "status=\"success\"")]
    [InlineData("feast_materialization_duration_seconds_bucket", "feature_view=\"origin_measured\"", "le=\"3600\"")]
    [InlineData("feast_feature_freshness_seconds", "feature_view=\"origin_measured\"")]
    [InlineData("feast_offline_store_request_total", "method=\"get_historical_features\"", "status=\"success\"")]
    [InlineData("feast_offline_store_request_latency_seconds_count", "method=\"get_historical_features\"")]
    [InlineData("feast_offline_store_row_count_sum", "method=\"get_historical_features\"")]
    public void Series_is_there_under_the_name_of_Feast(string name, params string[] labels) => Assert.Contains(
        scrape.Lines, line => line.StartsWith(name + "{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)));

    [Fact]
    public void View_that_has_all_of_the_log_is_fresh()
    {
        var freshness = Assert.Single(
            scrape.Lines, line => line.StartsWith("feast_feature_freshness_seconds{", StringComparison.Ordinal) && line.Contains(View, StringComparison.Ordinal));
        Assert.Matches(@"\} 0( \d+)?$", freshness);
    }

    /// <summary>One of each request, then a scrape.</summary>
    public sealed class Scrape(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
    {
        private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

        public IReadOnlyList<string> Lines { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            await using var ingestion = await FakeIngestion.StartAsync();
            ingestion.Put(Departures.Declaration());
            await using var application = await FeatureStoreApplication.StartAsync(postgres, redis, ingestion);
            await application.ApplyAsync(Departures.Yaml.Replace("origin_latest", View, StringComparison.Ordinal));
            using var client = application.Http;

            await PostAsync("/push", """{"push_source_name":"departures","df":{"origin":["SEA"],"dep_delay":[12.5],"event_timestamp":["2026-03-01 10:00:00"]}}""");
            await application.WaitAsync(Departures.Source, 1);
            await PostAsync("/get-online-features", $$"""{"features":["{{View}}:dep_delay"],"entities":{"origin":["SEA","ZZZ"]},"as_of":"2026-03-01T10:30:00Z"}""");
            await PostAsync("/get-online-features", """{"features":["nothing:at_all"],"entities":{"origin":["SEA"]}}""");
            await PostAsync("/materialize-incremental", """{"end_ts":"2026-03-02"}""");
            await application.TrainingSets.GetHistoricalFeaturesAsync(
                new GetHistoricalFeaturesRequest
                {
                    FeatureService = "delays",
                    EntityKeys = { new KeyColumn { JoinKey = "origin", Values = { new Value { StringValue = "SEA" } } } },
                    EntityTimestampsMicros = { 1_772_361_000_000_000 },
                },
                cancellationToken: CancellationToken);
            Lines = (await client.GetStringAsync("/metrics", CancellationToken)).Split('\n');

            async Task PostAsync(string path, string body)
            {
                using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
                using var answer = await client.PostAsync(path, content, CancellationToken);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
