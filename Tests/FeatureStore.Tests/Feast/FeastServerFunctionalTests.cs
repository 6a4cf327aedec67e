using System.Net;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.FeatureStore.Tests.Feast;

/// <summary>What Feast's clients may get wrong, and what they are told.</summary>
public sealed class FeastServerFunctionalTests(FeastServerFunctionalTests.TwoEvents fixture) : IClassFixture<FeastServerFunctionalTests.TwoEvents>
{
    private const string Envelope = "\\u0022class\\u0022:\\u0022";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"push_source_name":"nothing","df":{"origin":["SEA"]}}""", 422, Envelope + "PushSourceNotFoundException")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":["SEA"]},"to":"nowhere"}""", 400, "nowhere is not a supported push format")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":["SEA","PDX"],"dep_delay":[1]}}""", 400, "All arrays must be of the same length")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":["SEA"]}}""", 400, "needs the column \\u0027event_timestamp\\u0027")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":["SEA"],"event_timestamp":["soon"]}}""", 400, "must be an ISO 8601 timestamp")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":["SEA"],"event_timestamp":[5]}}""", 400, "must be an ISO 8601 timestamp")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":["SEA"],"colour":["red"],"event_timestamp":["2026-03-01"]}}""", 400, "is not a field of source")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":"SEA"}}""", 422, "detail")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":null}}""", 400, "must be a list")]
    [InlineData("""{"push_source_name":"departures"}""", 422, "detail")]
    [InlineData("""{"df":{"origin":["SEA"]}}""", 422, "detail")]
    [InlineData("""{"push_source_name":"departures","df":{}}""", 200, "")]
    [InlineData("""{"push_source_name":"departures","df":{"origin":[],"event_timestamp":[]}}""", 200, "")]
    public async Task Push_says_what_is_wrong_and_writes_nothing(string body, int status, string says)
    {
        await AssertAnswerAsync("/push", body, status, says);

        Assert.Equal(2, fixture.Source.Status.HeadPosition);
    }

    [Theory]
    [InlineData("""{"feature_view_name":"nothing","df":{"origin":["SEA"]}}""", 404, Envelope + "FeatureViewNotFoundException")]
    [InlineData("""{"feature_view_name":"origin_windows","df":{"origin":["SEA"],"dep_delay_mean_1h":[1]}}""", 400, "push_source_name \\u0027departures\\u0027")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{"dep_delay":[1],"seats":[2],"gate":[null]}}""", 400, "\\u0027origin\\u0027, a join key")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{"origin":["SEA"],"dep_delay":[1],"seats":[2]}}""", 400, "The column \\u0027gate\\u0027 of \\u0027origin_latest\\u0027 is missing")]
    [InlineData("""{"feature_view_name":"again","df":{"origin":["SEA"],"dep_delay":[1]}}""", 400, "\\u0027origin_latest\\u0027 reads that field")]
    [InlineData("""{"feature_view_name":"renamed","df":{"airport":["SEA"],"delay":[1],"dep_delay":[1],"seats":[1],"gate":[null]}}""", 400, "Two columns give the field \\u0027dep_delay\\u0027")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{"origin":["SEA"],"dep_delay":[1],"seats":[2],"gate":["N","S"]}}""", 400, "must be of the same length")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{"origin":["SEA"],"dep_delay":[1],"seats":[2],"gate":["N"]}}""", 400, "needs the column \\u0027event_timestamp\\u0027")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{"origin":["SEA"],"dep_delay":[1],"seats":[2],"gate":["N"],"colour":[1],"event_timestamp":["2026-03-01"]}}""", 400, "is not a field of source")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{"origin":null,"dep_delay":[1],"seats":[2],"gate":["N"]}}""", 400, "must be a list")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{"origin":["SEA"]},"allow_registry_cache":"perhaps"}""", 422, "allow_registry_cache")]
    [InlineData("""{"feature_view_name":null,"df":{"origin":["SEA"]}}""", 422, "detail")]
    [InlineData("""{"feature_view_name":"origin_latest"}""", 422, "detail")]
    [InlineData("""{"df":{"origin":["SEA"]}}""", 422, "detail")]
    [InlineData("""{"feature_view_name":"origin_latest","df":{}}""", 200, "null")]
    public async Task Write_to_online_store_says_what_is_wrong_and_writes_nothing(string body, int status, string says)
    {
        await AssertAnswerAsync("/write-to-online-store", body, status, says);

        Assert.Equal(2, fixture.Source.Status.HeadPosition);
    }

    [Theory]
    [InlineData("/materialize", """{"start_ts":"2026-03-02","end_ts":"2026-03-01"}""", 400, "must not be after end_ts")]
    [InlineData("/materialize", """{"end_ts":"2026-03-01"}""", 400, "\\u0027start_ts\\u0027 is missing")]
    [InlineData("/materialize", """{"start_ts":"yesterday","end_ts":"2026-03-01"}""", 400, "must be an ISO 8601 timestamp")]
    [InlineData("/materialize", """{"start_ts":"2026-03-01","end_ts":"2026-03-01","feature_views":["nothing"]}""", 404, Envelope + "FeatureViewNotFoundException")]
    [InlineData("/materialize", """{"start_ts":"2026-03-01","end_ts":"2026-03-01","version":"v2"}""", 400, "no versions")]
    [InlineData("/materialize", """{"start_ts":"2026-03-01","end_ts":"2026-03-01","feature_views":[null]}""", 404, "FeatureViewNotFoundException")]
    [InlineData("/materialize", """{"disable_event_timestamp":true}""", 200, "null")]
    [InlineData("/materialize", "[]", 422, "detail")]
    [InlineData("/materialize-incremental", "{}", 400, "\\u0027end_ts\\u0027 is missing")]
    [InlineData("/materialize-incremental", """{"end_ts":"2026-03-01","feature_views":[]}""", 200, "null")]
    public async Task Materialize_says_what_is_wrong(string path, string body, int status, string says) => await AssertAnswerAsync(path, body, status, says);

    [Theory]
    [InlineData("""{"features":["origin_latest:gate"],"entities":{"origin":["SEA"],"dest":["PDX","SFO"]}}""", 400, "\\u0027dest\\u0027 has 2 values and \\u0027origin\\u0027 has 1")]
    [InlineData("""{"features":["origin_latest:gate"],"entities":{"origin":[]}}""", 400, "0 entity rows")]
    [InlineData("""{"features":["origin_latest@v2:gate"],"entities":{"origin":["SEA"]}}""", 404, Envelope + "FeatureViewNotFoundException")]
    [InlineData("""{"features":["origin_latest:gate"],"entities":{"origin":[1.5]}}""", 400, "must be a string")]
    [InlineData("""{"features":["origin_latest:gate"],"entities":{"dest":["SEA"]}}""", 400, "needs the join key \\u0027origin\\u0027")]
    [InlineData("""{"features":["origin_latest:dep_delay","again:dep_delay"],"entities":{"origin":["SEA"]}}""", 400, Envelope + "FeatureNameCollisionError")]
    [InlineData("""{"features":["origin_latest:gate"],"entities":{"origin":[null]}}""", 200, "NOT_FOUND")]
    public async Task Reads_say_what_is_wrong(string body, int status, string says) => await AssertAnswerAsync("/get-online-features", body, status, says);

    private async Task AssertAnswerAsync(string path, string body, int status, string says)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var response = await fixture.Application.Http.PostAsync(path, content, CancellationToken);
        var text = await response.Content.ReadAsStringAsync(CancellationToken);

        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        // Inside of the envelope, quotes are escaped twice.
        Assert.Contains(says, text.Replace("\\\\u", "\\u", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>A service whose source has two events, and a view whose feature has the name of another's.</summary>
    public sealed class TwoEvents(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
    {
        private FakeIngestion _ingestion = null!;

        internal FeatureStoreApplication Application { get; private set; } = null!;

        internal FakeSource Source { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _ingestion = await FakeIngestion.StartAsync();
            Source = _ingestion.Put(Departures.Declaration());
            Source.Append(Departures.Random(2, seed: 31).ToLog());
            Application = await FeatureStoreApplication.StartAsync(postgres, redis, _ingestion);
            await Application.ApplyAsync(Departures.Yaml.Replace(
                "feature_views:", "  - { name: airport, join_keys: [ { name: airport, type: string } ] }\nfeature_views:", StringComparison.Ordinal).Replace(
                "feature_services:", "  - { name: again, entity: origin, source: departures, features: [ dep_delay ] }\n"
                + "  - { name: renamed, entity: airport, key_mapping: { airport: origin }, source: departures, features: [ { name: delay, field: dep_delay } ] }\nfeature_services:", StringComparison.Ordinal));
            await Application.WaitAsync(Departures.Source, 2);
        }

        public async ValueTask DisposeAsync()
        {
            await Application.DisposeAsync();
            await _ingestion.DisposeAsync();
        }
    }
}
