using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Tests.Application;

namespace CloudNativeAi.Monitoring.Tests.Health;

public sealed class ModelHealthFunctionalTests(MonitoringApplication application) : IClassFixture<MonitoringApplication>
{
    private static readonly long Start = Sample.Noon - (6 * Sample.Hour);

    [Fact(Timeout = 60_000)]
    public async Task Health_is_of_the_champion_and_follows_it()
    {
        var token = TestContext.Current.CancellationToken;
        application.Platform.PutModel("crowned");
        application.Platform.PutModel("crowned", version: 2);
        await application.LogAsync(Sample.HourOf("crowned", Start, 100));
        await application.LogAsync(Sample.HourOf("crowned", Start + Sample.Hour, 60, drifted: true, version: 2));
        await application.EvaluateAsync();
        var without = await application.HealthAsync("crowned");

        var first = await CrownAsync("crowned", 1, revision: 1);
        var second = await CrownAsync("crowned", 2, revision: 2);

        // Without a champion, the version that predicted last.
        Assert.Equal((0, 2, 60), (without.ChampionVersion, without.ModelVersion, without.DriftSample));
        Assert.Equal((1, 1, 100, 160), (first.ChampionVersion, first.ModelVersion, first.DriftSample, first.Predictions));
        Assert.Equal((2, 2, 60, 160), (second.ChampionVersion, second.ModelVersion, second.DriftSample, second.Predictions));
        Assert.Equal("ok", first.Drift[0].Level);
        Assert.Equal("drift", second.Drift[0].Level);
        var overHttp = await application.Http.GetFromJsonAsync<JsonElement>("/v1/models/crowned/health", token);
        Assert.Equal(2, overHttp.GetProperty("championVersion").GetInt32());
        await application.RestartAsync();
        Assert.Equal(2, (await application.HealthAsync("crowned")).ChampionVersion);
        Assert.Equal(HttpStatusCode.NotFound, (await application.Http.GetAsync("/v1/models/nobody/health", token)).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Stream_of_models_that_ended_is_opened_again()
    {
        var token = TestContext.Current.CancellationToken;
        application.Platform.PutModel("followed");
        await application.LogAsync(Sample.HourOf("followed", Start, 10));
        await CrownAsync("followed", 1, revision: 1);

        application.Platform.EndStream();
        application.Platform.Announce(new ModelState { ModelName = "followed", Aliases = { ["champion"] = 3 }, Revision = 2 });

        // The worker waits by this clock, from whenever it notices.
        while ((await application.HealthAsync("followed")).ChampionVersion != 3)
        {
            token.ThrowIfCancellationRequested();
            application.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3, (await application.HealthAsync("followed")).ModelVersion);
    }

    [Fact]
    public async Task Series_alerts_and_policies_are_read_over_HTTP_too()
    {
        var token = TestContext.Current.CancellationToken;
        application.Platform.PutModel("web");
        using var content = JsonContent.Create(new { enabled = true, onDrift = true, cooldownSeconds = 60 });
        var put = await application.Http.PutAsync("/v1/models/web/retrain-policy", content, token);
        var drifted = Sample.HourOf("web", Start, 400, drifted: true);
        await application.LogAsync(drifted.Select((row, index) => Sample.Label(row.PredictionId, index % 2, Sample.Noon - 1)));
        await application.LogDriftAsync("web", Start);

        var drift = Assert.Single((await GetAsync("/v1/models/web/drift?version=1&from=2100-01-04T06:00:00Z&to=2100-01-04T07:00:00Z")).EnumerateArray());
        var performance = Assert.Single((await GetAsync("/v1/models/web/performance?version=1")).EnumerateArray());
        var alert = Assert.Single((await GetAsync("/v1/models/web/alerts")).EnumerateArray());
        var policy = await GetAsync("/v1/models/web/retrain-policy");

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(("2100-01-04T06:00:00+00:00", 400), (drift.GetProperty("windowStart").GetString(), drift.GetProperty("sample").GetInt32()));
        Assert.Equal("drift", drift.GetProperty("scores")[0].GetProperty("level").GetString());
        Assert.Equal(0.5, performance.GetProperty("performance").GetProperty("positiveShare").GetDouble());
        Assert.Equal("drift", alert.GetProperty("kind").GetString());
        Assert.Equal((60, 1), (policy.GetProperty("cooldownSeconds").GetInt32(), policy.GetProperty("budgetPerDay").GetInt32()));

        Task<JsonElement> GetAsync(string path) => application.Http.GetFromJsonAsync<JsonElement>(path, token);
    }

    [Theory]
    [InlineData("/v1/models/0/health", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/nobody/health", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/0/drift", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/nobody/drift", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/nobody/drift?version=-1", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/nobody/drift?from=yesterday", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/nobody/performance?from=2100-01-02T00:00:00Z&to=2100-01-01T00:00:00Z", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/nobody/performance", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/0/alerts", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/nobody/retrain-policy", HttpStatusCode.NotFound)]
    public async Task Wrong_paths_are_refused(string path, HttpStatusCode status) =>
        Assert.Equal(status, (await application.Http.GetAsync(path, TestContext.Current.CancellationToken)).StatusCode);

    [Theory]
    [InlineData("""{"enabled":true,"onDrfit":true}""")]
    [InlineData("""{"enabled":true,"driftShare":2}""")]
    [InlineData("""{"enabled":true""")]
    [InlineData("null")]
    public async Task Wrong_policies_are_refused(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        var response = await application.Http.PutAsync("/v1/models/unset/retrain-policy", content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(0, await application.CountAsync("SELECT count(*) FROM retrain_policies WHERE model_name = 'unset'"));
    }

    private async Task<ModelHealth> CrownAsync(string model, int version, long revision)
    {
        application.Platform.Announce(new ModelState { ModelName = model, Aliases = { ["champion"] = version }, Revision = revision });
        ModelHealth health;
        do
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            health = await application.HealthAsync(model);
        }
        while (health.ChampionVersion != version);
        return health;
    }
}
