using System.Globalization;
using System.Text.Json;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.FeatureStore.Tests.Feast;

/// <summary>Feast's clients as they are: curl against every endpoint, and a gRPC client with its own messages and its own stack.</summary>
public sealed class ForeignClientTests(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
{
    private FakeIngestion _ingestion = null!;
    private FeatureStoreApplication _application = null!;

    public async ValueTask InitializeAsync()
    {
        _ingestion = await FakeIngestion.StartAsync();
        _ingestion.Put(Departures.Declaration());
        _application = await FeatureStoreApplication.ListenAsync(postgres, redis, _ingestion);
        await _application.ApplyAsync(Departures.Yaml);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _ingestion.DisposeAsync();
    }

    [Fact]
    public async Task Curl_pushes_materializes_and_reads()
    {
        Assert.Equal(("200", "Healthy"), await CurlAsync("GET", "/health"));

        const string Push =
            """{"push_source_name":"departures","df":{"origin":["SEA","PDX"],"dep_delay":[12.5,null],"seats":[180,9007199254740993],"event_timestamp":["2026-03-01 10:00:00","2026-03-01T10:00:00.5Z"],"created":["2026-03-01 10:00:01","2026-03-01 10:00:01"]},"to":"online","allow_registry_cache":true}""";
        Assert.Equal(("200", ""), await CurlAsync("POST", "/push", Push));
        // Sent again, it is the same two events.
        Assert.Equal("202", (await CurlAsync("POST", "/push", Push.Replace("\"to\":\"online\"", "\"to\":\"online_and_offline\"", StringComparison.Ordinal))).Status);
        Assert.Equal("202", (await CurlAsync("POST", "/push", Push.Replace("\"to\":\"online\"", "\"to\":\"offline\"", StringComparison.Ordinal))).Status);
        Assert.Equal(2, _ingestion.Put(Departures.Declaration()).Status.HeadPosition);

        Assert.Equal(("200", "null"), await CurlAsync("POST", "/materialize", """{"start_ts":"2026-03-01T00:00:00","end_ts":"2026-03-02T00:00:00Z","feature_views":["origin_latest"]}"""));
        Assert.Equal(("200", "null"), await CurlAsync("POST", "/materialize-incremental", """{"end_ts":"2026-03-02"}"""));
        Assert.Equal(
            ("202", """{"status":"accepted","feature_views":["origin_latest"]}"""),
            await CurlAsync("POST", "/materialize-incremental?async=true", """{"end_ts":"2026-03-02","feature_views":["origin_latest"]}"""));

        var (status, body) = await CurlAsync(
            "POST", "/get-online-features",
            """{"features":["origin_latest:dep_delay","origin_latest:seats"],"entities":{"origin":["SEA","PDX","ZZZ",null]},"full_feature_names":false,"as_of":"2026-03-01T10:30:00Z"}""");

        Assert.Equal("200", status);
        Assert.Equal(
            """{"metadata":{"feature_names":["origin","dep_delay","seats"]},"results":["""
            + """{"values":["SEA","PDX","ZZZ",null],"statuses":["PRESENT","PRESENT","PRESENT","PRESENT"],"event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},"""
            + """{"values":[12.5,null,null,null],"statuses":["PRESENT","NULL_VALUE","NOT_FOUND","NOT_FOUND"],"event_timestamps":["2026-03-01T10:00:00Z","2026-03-01T10:00:00.500Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},"""
            + """{"values":[180,9007199254740993,null,null],"statuses":["PRESENT","PRESENT","NOT_FOUND","NOT_FOUND"],"event_timestamps":["2026-03-01T10:00:00Z","2026-03-01T10:00:00.500Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]}]}""",
            body);
    }

    [Fact]
    public async Task What_curl_writes_to_the_online_store_is_an_event_that_training_sees_too()
    {
        await _application.ApplyAsync(Departures.Yaml
            .Replace("feature_views:", "  - { name: airport, join_keys: [ { name: airport, type: string } ] }\nfeature_views:", StringComparison.Ordinal)
            .Replace(
                "feature_services:",
                "  - { name: by_airport, entity: airport, key_mapping: { airport: origin }, source: departures, features: [ { name: delay, field: dep_delay }, seats, gate ] }\n"
                + "feature_services:\n  - { name: airports, features: [ 'by_airport:*' ] }",
                StringComparison.Ordinal));
        const string Write =
            """{"feature_view_name":"by_airport","df":{"airport":["SEA","PDX"],"delay":[12.5,null],"seats":[180,null],"gate":["N7","E2"],"event_timestamp":["2026-03-01 10:00:00","2026-03-01T10:00:00.5Z"],"created":["2026-03-01 10:00:01","2026-03-01 10:00:01"]},"allow_registry_cache":false,"transform_on_write":true}""";

        Assert.Equal(("200", "null"), await CurlAsync("POST", "/write-to-online-store", Write));
        // Sent again, it is the same two events.
        Assert.Equal(("200", "null"), await CurlAsync("POST", "/write-to-online-store", Write));

        Assert.Equal(2, _ingestion.Put(Departures.Declaration()).Status.HeadPosition);
        foreach (var features in new[] { "\"by_airport:delay\"", "\"origin_latest:dep_delay\"" })
        {
            var (_, body) = await CurlAsync(
                "POST", "/get-online-features", $$"""{"features":[{{features}}],"entities":{"airport":["SEA","PDX"],"origin":["SEA","PDX"]},"as_of":"2026-03-01T10:30:00Z"}""");
            Assert.Contains("""{"values":[12.5,null],"statuses":["PRESENT","NULL_VALUE"]""", body, StringComparison.Ordinal);
        }

        await _application.WaitAsync(Departures.Source, 2);
        var history = await _application.TrainingSets.GetHistoricalFeaturesAsync(
            new GetHistoricalFeaturesRequest
            {
                FeatureService = "airports",
                EntityKeys = { new KeyColumn { JoinKey = "airport", Values = { new Value { StringValue = "SEA" } } } },
                EntityTimestampsMicros = { (DateTimeOffset.Parse("2026-03-01T10:30:00Z", CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / 10 },
            },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([12.5], history.Columns.Single(column => column.Name == "by_airport:delay").Doubles);
    }

    [Fact]
    public async Task Curl_gets_the_error_envelope()
    {
        var (status, body) = await CurlAsync("POST", "/get-online-features", """{"feature_service":"nothing","entities":{"origin":["SEA"]}}""");

        Assert.Equal("404", status);
        using var envelope = JsonDocument.Parse(JsonSerializer.Deserialize<string>(body)!);
        Assert.Equal("feast.errors", envelope.RootElement.GetProperty("module").GetString());
        Assert.Equal("FeatureServiceNotFoundException", envelope.RootElement.GetProperty("class").GetString());
        Assert.Contains("no feature service 'nothing'", envelope.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_reads_over_gRPC_what_curl_pushed()
    {
        // As of now: old enough for a backfilled source to have it known, and within the time to live.
        var departed = DateTimeOffset.UtcNow - TimeSpan.FromMicroseconds(Departures.Schema.AvailabilityDelayMicros) - TimeSpan.FromMinutes(5);
        Assert.Equal("200", (await CurlAsync("POST", "/push", $$$"""{"push_source_name":"departures","df":{"origin":["SEA"],"dep_delay":[12.5],"seats":[180],"gate":["N7"],"event_timestamp":["{{{departed:O}}}"]}}""")).Status);

        using var answer = await NodeAsync(
            """{"features":{"val":["origin_latest:dep_delay","origin_latest:seats","origin_latest:gate"]},"entities":{"origin":{"val":[{"string_val":"SEA"},{"string_val":"PDX"},{}]}},"request_context":{"distance":{"val":[{"int64_val":9},{"int64_val":8},{"int64_val":7}]}},"full_feature_names":true}""");
        using var collision = await NodeAsync(
            """{"features":{"val":["origin_latest:dep_delay","origin_windows:dep_delay_mean_1h","origin_latest:nothing"]},"entities":{"origin":{"val":[{"string_val":"SEA"}]}}}""");
        using var list = await NodeAsync("""{"features":{"val":["origin_latest:gate"]},"entities":{"origin":{"val":[{"string_list_val":{"val":["SEA"]}}]}}}""");
        using var unequal = await NodeAsync("""{"feature_service":"delays","entities":{"origin":{"val":[{"string_val":"SEA"}]}},"request_context":{"distance":{"val":[]}}}""");
        using var neither = await NodeAsync("""{"entities":{"origin":{"val":[{"string_val":"SEA"}]}}}""");

        var results = answer.RootElement.GetProperty("results");
        Assert.NotEqual("", answer.RootElement.GetProperty("version").GetString());
        Assert.Equal(["origin", "distance", "origin_latest__dep_delay", "origin_latest__seats", "origin_latest__gate"], results.EnumerateObject().Select(result => result.Name));
        Assert.Equal("""{"values":[9,8,7],"statuses":["PRESENT","PRESENT","PRESENT"],"seconds":[0,0,0]}""", results.GetProperty("distance").GetRawText());
        Assert.Equal(
            $$"""{"values":[12.5,null,null],"statuses":["PRESENT","NOT_FOUND","NOT_FOUND"],"seconds":[{{departed.ToUnixTimeSeconds()}},0,0]}""",
            results.GetProperty("origin_latest__dep_delay").GetRawText());
        Assert.Equal("[180,null,null]", results.GetProperty("origin_latest__seats").GetProperty("values").GetRawText());
        Assert.Equal("""["N7",null,null]""", results.GetProperty("origin_latest__gate").GetProperty("values").GetRawText());
        AssertRefused(collision, code: 5, "has no feature 'nothing'");
        AssertRefused(list, code: 3, "must be a string");
        AssertRefused(unequal, code: 3, "0 values and 'origin' has 1");
        AssertRefused(neither, code: 3, "Give either feature_service or features");
    }

    private static void AssertRefused(JsonDocument answer, int code, string says)
    {
        Assert.Equal(code, answer.RootElement.GetProperty("code").GetInt32());
        Assert.Contains(says, answer.RootElement.GetProperty("details").GetString(), StringComparison.Ordinal);
    }

    private async Task<JsonDocument> NodeAsync(string request) =>
        JsonDocument.Parse(await ForeignProgram.RunAsync("FeatureStore.Tests", "node", "feast.mjs", _application.GrpcAddress.Authority, request));

    private async Task<(string Status, string Body)> CurlAsync(string method, string path, params string[] body)
    {
        var output = await ForeignProgram.RunAsync("FeatureStore.Tests", "sh", "feast.sh", [_application.HttpAddress.GetLeftPart(UriPartial.Authority), method, path, .. body]);
        var end = output.LastIndexOf('\n');
        return (output[(end + 1)..], output[..end]);
    }
}
