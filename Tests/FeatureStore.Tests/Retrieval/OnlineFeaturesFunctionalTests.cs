using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Tests.Application;
using CloudNativeAi.FeatureStore.Tests.Transformations;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Tests.Retrieval;

public sealed class OnlineFeaturesFunctionalTests(OnlineFeaturesFunctionalTests.OneEvent fixture) : IClassFixture<OnlineFeaturesFunctionalTests.OneEvent>
{
    private const long EventTime = FeatureEvents.Start;

    private static readonly long Known = EventTime + Departures.Schema.AvailabilityDelayMicros;
    private static readonly long TimeToLive = Durations.Hour;
    private static readonly string[] LatestFeatures = ["origin_latest:dep_delay", "origin_latest:seats", "origin_latest:gate"];

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_value_says_whether_it_is_there_null_unknown_or_too_old()
    {
        var unknown = await StatusesAsync(Known - 1);
        var known = await StatusesAsync(Known);
        var atTheLimit = await StatusesAsync(EventTime + TimeToLive);
        var tooOld = await StatusesAsync(EventTime + TimeToLive + 1);

        // Rows: SEA, which has an event; PDX, which has none; and no key.
        const byte Present = (byte)FeatureStatus.Present, Null = (byte)FeatureStatus.NullValue, NotFound = (byte)FeatureStatus.NotFound;
        const byte Old = (byte)FeatureStatus.OutsideMaxAge;
        Assert.Equal([[NotFound, NotFound, NotFound], [NotFound, NotFound, NotFound], [NotFound, NotFound, NotFound]], unknown);
        Assert.Equal([[Present, NotFound, NotFound], [Null, NotFound, NotFound], [Present, NotFound, NotFound]], known);
        Assert.Equal(known, atTheLimit);
        Assert.Equal([[Old, NotFound, NotFound], [Null, NotFound, NotFound], [Old, NotFound, NotFound]], tooOld);

        async Task<byte[][]> StatusesAsync(long asOf)
        {
            var response = await fixture.Application.Retrieval.GetOnlineFeaturesAsync(Request(asOf), cancellationToken: CancellationToken);
            return [.. response.Columns.Select(column => column.Statuses.ToByteArray())];
        }
    }

    [Fact]
    public async Task A_value_that_is_too_old_is_given_all_the_same_with_its_age()
    {
        var response = await fixture.Application.Retrieval.GetOnlineFeaturesAsync(Request(EventTime + TimeToLive + 1), cancellationToken: CancellationToken);

        Assert.Equal(12.5, response.Columns[0].Doubles[0]);
        Assert.Equal("N7", response.Columns[2].Strings[0]);
        Assert.Equal([EventTime, 0, 0], response.Columns[0].EventTimestampsMicros);
        Assert.Equal(double.NaN, response.Columns[0].Doubles[1]);
    }

    [Fact]
    public async Task Feast_clients_read_the_same()
    {
        var response = await PostAsync(
            """{"feature_service":"delays","entities":{"origin":["SEA","PDX"]},"full_feature_names":true,"as_of":"2014-05-13T17:30:00Z"}""");
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var names = body.GetProperty("metadata").GetProperty("feature_names").EnumerateArray().Select(name => name.GetString()).ToList();
        var delay = body.GetProperty("results")[names.IndexOf("origin_latest__dep_delay")];
        Assert.Equal("[12.5,null]", delay.GetProperty("values").GetRawText());
        Assert.Equal("""["PRESENT","NOT_FOUND"]""", delay.GetProperty("statuses").GetRawText());
        Assert.Equal("""["2014-05-13T16:53:20Z","1970-01-01T00:00:00Z"]""", delay.GetProperty("event_timestamps").GetRawText());
        Assert.Equal("[null,null]", body.GetProperty("results")[names.IndexOf("origin_latest__seats")].GetProperty("values").GetRawText());
        Assert.Equal("""["NULL_VALUE","NOT_FOUND"]""", body.GetProperty("results")[names.IndexOf("origin_latest__seats")].GetProperty("statuses").GetRawText());
    }

    [Fact]
    public async Task Wrong_requests_are_refused_and_told_why()
    {
        await RefusedAsync(request => request.FeatureService = "delays", StatusCode.InvalidArgument, "either feature_service or features");
        await RefusedAsync(request => request.Features.Clear(), StatusCode.InvalidArgument, "either feature_service or features");
        await RefusedAsync(request => request.Features.Add("gate"), StatusCode.InvalidArgument, "\"view:feature\"");
        await RefusedAsync(request => request.Features.Add(LatestFeatures[0]), StatusCode.InvalidArgument, "asked for twice");
        await RefusedAsync(request => request.Features.Add("nothing:gate"), StatusCode.NotFound, "no feature view 'nothing'");
        await RefusedAsync(request => request.Features.Add("origin_latest:nothing"), StatusCode.NotFound, "has no feature 'nothing'");
        await RefusedAsync(request => request.EntityKeys.Clear(), StatusCode.InvalidArgument, "no entity keys");
        await RefusedAsync(request => request.EntityKeys[0].Values.Clear(), StatusCode.InvalidArgument, "0 entity rows");
        await RefusedAsync(request => request.EntityKeys[0].JoinKey = "airport", StatusCode.InvalidArgument, "needs the join key 'origin'");
        await RefusedAsync(request => request.EntityKeys.Add(request.EntityKeys[0]), StatusCode.InvalidArgument, "given twice");
        await RefusedAsync(request => request.EntityKeys.Add(new KeyColumn { JoinKey = "dest" }), StatusCode.InvalidArgument, "0 values and 'origin' has 3");
        await RefusedAsync(request => request.EntityKeys[0].Values[1] = new Value { Int64Value = 5 }, StatusCode.InvalidArgument, "must be a string");
        await RefusedAsync(request => request.EntityKeys[0].Values[1] = new Value { StringValue = new string('x', 1_025) }, StatusCode.InvalidArgument, "at most 1024");
        await RefusedAsync(request => request.AsOfMicros = -5, StatusCode.InvalidArgument, "as_of is -5");
        await RefusedAsync(request => request.AsOfMicros = long.MaxValue, StatusCode.InvalidArgument, "as_of is");
        await RefusedAsync(
            request => request.EntityKeys[0].Values.AddRange(Enumerable.Repeat(new Value { StringValue = "SEA" }, 9_998)), StatusCode.InvalidArgument, "10001 entity rows");
        await RefusedAsync(
            request =>
            {
                request.Features.Clear();
                request.FeatureService = "nothing";
            },
            StatusCode.NotFound,
            "no feature service 'nothing'");
    }

    [Theory]
    [InlineData("""{"feature_service":"delays","entities":{"origin":["SEA"]}""", HttpStatusCode.UnprocessableEntity, "detail")]
    [InlineData("null", HttpStatusCode.UnprocessableEntity, "detail")]
    [InlineData("""{"feature_service":"delays"}""", HttpStatusCode.UnprocessableEntity, "detail")]
    [InlineData("""{"entities":{"origin":["SEA"]}}""", HttpStatusCode.BadRequest, "ValueError")]
    [InlineData("""{"feature_service":"delays","entities":{}}""", HttpStatusCode.BadRequest, "ValueError")]
    [InlineData("""{"feature_service":"delays","entities":{"origin":[7]}}""", HttpStatusCode.BadRequest, "ValueError")]
    [InlineData("""{"feature_service":"delays","entities":{"origin":null}}""", HttpStatusCode.BadRequest, "ValueError")]
    [InlineData("""{"feature_service":"delays","entities":null}""", HttpStatusCode.UnprocessableEntity, "detail")]
    [InlineData("""{"features":["origin_latest:gate",null],"entities":{"origin":["SEA"]}}""", HttpStatusCode.BadRequest, "ValueError")]
    [InlineData("""{"feature_service":"nothing","entities":{"origin":["SEA"]}}""", HttpStatusCode.NotFound, "FeatureServiceNotFoundException")]
    [InlineData("""{"features":["nothing:gate"],"entities":{"origin":["SEA"]}}""", HttpStatusCode.NotFound, "FeatureViewNotFoundException")]
    public async Task Wrong_bodies_are_answered_as_Feast_answers_them(string body, HttpStatusCode status, string says)
    {
        var response = await PostAsync(body);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_definitions_are_refused_with_their_lines_and_change_nothing()
    {
        var wrong = Departures.Yaml.Replace("ttl: 1h", "ttl: soon", StringComparison.Ordinal);
        using var content = new StringContent(wrong, System.Text.Encoding.UTF8, "application/yaml");

        var overGrpc = await Assert.ThrowsAsync<RpcException>(() => fixture.Application.ApplyAsync(wrong));
        var overHttp = await fixture.Application.Http.PostAsync("/v1/definitions?fileName=features.yaml", content, CancellationToken);

        Assert.Equal(StatusCode.InvalidArgument, overGrpc.StatusCode);
        Assert.Contains("features.yaml:16: ", overGrpc.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, overHttp.StatusCode);
        var problem = await overHttp.Content.ReadFromJsonAsync<JsonElement>(CancellationToken);
        Assert.True(problem.GetProperty("errors").TryGetProperty("features.yaml:16", out _));
        var definitions = await fixture.Application.Definitions.GetDefinitionsAsync(new GetDefinitionsRequest(), cancellationToken: CancellationToken);
        Assert.Equal((1, Departures.Yaml), (definitions.Version, definitions.Yaml));
        Assert.Empty((await fixture.Application.ApplyAsync(Departures.Yaml)).Changes);
    }

    private static GetOnlineFeaturesRequest Request(long asOf)
    {
        var request = Departures.Request(["SEA", "PDX", null], asOf);
        request.FeatureService = "";
        request.Features.AddRange(LatestFeatures);
        return request;
    }

    private async Task RefusedAsync(Action<GetOnlineFeaturesRequest> spoil, StatusCode code, string says)
    {
        var request = Request(Known);
        spoil(request);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => fixture.Application.Retrieval.GetOnlineFeaturesAsync(request, cancellationToken: CancellationToken).ResponseAsync);

        Assert.Equal(code, refusal.StatusCode);
        Assert.Contains(says, refusal.Status.Detail, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await fixture.Application.Http.PostAsync("/get-online-features", content, CancellationToken);
    }

    /// <summary>A service whose source has one event.</summary>
    public sealed class OneEvent(PostgresServer postgres, RedisServer redis) : IAsyncLifetime
    {
        private FakeIngestion _ingestion = null!;

        internal FeatureStoreApplication Application { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _ingestion = await FakeIngestion.StartAsync();
            FeatureEvent[] events = [new(1, EventTime, EventTime, "SEA", 12.5, null, "N7")];
            _ingestion.Put(Departures.Declaration()).Append(events.ToLog());
            Application = await FeatureStoreApplication.StartAsync(postgres, redis, _ingestion);
            await Application.ApplyAsync(Departures.Yaml);
            await Application.WaitAsync(Departures.Source, 1);
        }

        public async ValueTask DisposeAsync()
        {
            await Application.DisposeAsync();
            await _ingestion.DisposeAsync();
        }
    }
}
