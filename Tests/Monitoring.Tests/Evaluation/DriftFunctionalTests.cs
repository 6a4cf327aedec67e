using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Tests.Application;
using Grpc.Core;
using Npgsql;

namespace CloudNativeAi.Monitoring.Tests.Evaluation;

public sealed class DriftFunctionalTests(MonitoringApplication application) : IClassFixture<MonitoringApplication>
{
    private const long First = 6 * Sample.Hour;

    [Fact]
    public async Task Window_closes_when_its_time_is_past_and_has_one_figure_for_each_feature_and_the_score()
    {
        application.Platform.PutModel("closing");
        var start = Sample.Noon - First;
        await application.LogAsync(Sample.HourOf("closing", start, 400));
        await application.EvaluateQuietlyAsync();
        var open = await application.DriftAsync("closing");

        // Within the allowed lateness of the end, then beyond it.
        await application.LogAsync([Sample.Prediction("closing-1", "closing", start + Sample.Hour + (4 * Sample.Minute))]);
        await application.EvaluateQuietlyAsync();
        var late = await application.DriftAsync("closing");
        await application.LogAsync([Sample.Prediction("closing-2", "closing", start + Sample.Hour + (5 * Sample.Minute))]);
        await application.EvaluateQuietlyAsync();
        var closed = await application.DriftAsync("closing");

        Assert.Empty(open);
        Assert.Empty(late);
        var point = Assert.Single(closed);
        Assert.Equal((start, start + Sample.Hour, 400), (point.WindowStartMicros, point.WindowEndMicros, point.Sample));
        Assert.Equal(["delay", "carrier", "score"], point.Scores.Select(score => score.Name));
        Assert.All(point.Scores, score => Assert.Equal((0.0, "ok"), (Math.Round(score.Psi, 12), score.Level)));
        Assert.Empty(await application.AlertsAsync("closing"));
    }

    [Fact]
    public async Task Drift_raises_one_alert_however_often_the_window_is_evaluated()
    {
        application.Platform.PutModel("drifting");
        var start = Sample.Noon - First;
        await application.LogDriftAsync("drifting", start);
        var alert = Assert.Single(await application.AlertsAsync("drifting"));

        // Late predictions: the closed window is evaluated again, its figures change, its alert does not.
        await application.LogAsync([Sample.Prediction("drifting-late", "drifting", start + 1)]);
        await application.EvaluateQuietlyAsync();

        Assert.Equal(("drift", start, start + Sample.Hour, 1), (alert.Kind, alert.WindowStartMicros, alert.WindowEndMicros, alert.ModelVersion));
        Assert.Contains("1 of 2 features drifted", alert.Reason, StringComparison.Ordinal);
        Assert.Contains("delay PSI", alert.Reason, StringComparison.Ordinal);
        Assert.True(alert.Value > alert.Threshold);
        var point = (await application.DriftAsync("drifting")).First(point => point.WindowStartMicros == start);
        Assert.Equal(401, point.Sample);
        Assert.Equal(["drift", "ok", "ok"], point.Scores.Select(score => score.Level));
        Assert.Equal(alert, Assert.Single(await application.AlertsAsync("drifting")));
    }

    [Fact]
    public async Task Window_of_a_model_that_fell_silent_is_closed_by_the_clock()
    {
        application.Platform.PutModel("silent");
        var start = Sample.Noon - First;
        await application.LogAsync(Sample.HourOf("silent", start, 200));
        await application.EvaluateQuietlyAsync();
        var before = await application.DriftAsync("silent");

        application.Clock.Advance(TimeSpan.FromMinutes(15));
        await application.EvaluateAsync();

        Assert.Empty(before);
        Assert.Single(await application.DriftAsync("silent"));
    }

    [Fact]
    public async Task Predictions_wait_for_the_baseline_while_the_registry_is_away_and_none_is_lost()
    {
        application.Platform.PutModel("waiting");
        application.Platform.RegistryFault = StatusCode.Unavailable;
        await application.LogAsync(Sample.HourOf("waiting", Sample.Noon - First, 120));
        await application.EvaluateAsync();
        var away = await application.HealthAsync("waiting");
        application.Platform.RegistryFault = null;
        await application.EvaluateAsync();
        var tooSoon = await application.HealthAsync("waiting");

        application.Clock.Advance(TimeSpan.FromSeconds(2));
        await application.EvaluateAsync();
        var back = await application.HealthAsync("waiting");

        Assert.Equal(("pending", 120, 120), (away.Baseline, away.Predictions, away.PredictionsPending));
        Assert.Equal("pending", tooSoon.Baseline);
        Assert.Equal(("present", 120, 0, 120), (back.Baseline, back.Predictions, back.PredictionsPending, back.DriftSample));
    }

    [Fact]
    public async Task Baseline_is_fetched_once_and_outlives_the_registry_and_a_restart()
    {
        application.Platform.PutModel("kept");
        await application.LogAsync(Sample.HourOf("kept", Sample.Noon - First, 100));
        await application.EvaluateAsync();
        var reads = application.Platform.ArtifactReads;

        application.Platform.RegistryFault = StatusCode.Unavailable;
        await application.RestartAsync();
        await application.LogAsync(Sample.HourOf("kept", Sample.Noon - First + Sample.Hour, 100));
        await application.EvaluateAsync();
        application.Platform.RegistryFault = null;

        Assert.Equal(reads, application.Platform.ArtifactReads);
        Assert.Equal(200, (await application.HealthAsync("kept")).DriftSample);
    }

    [Theory]
    [InlineData("none", "", "", "absent", "no baseline.json")]
    [InlineData("garbage", "\"score\": {", "score {", "invalid", "")]
    [InlineData("newer", "\"format_version\": 1", "\"format_version\": 99", "invalid", "format version 99")]
    [InlineData("renamed", "\"delay\"", "\"lateness\"", "invalid", "lacks the feature 'delay'")]
    [InlineData("twice", "\"carrier\"", "\"delay\"", "invalid", "'delay' twice")]
    [InlineData("edges", "[0, 10, 20]", "[0, 20, 10]", "invalid", "increasing 'edges'")]
    [InlineData("counts", "[500, 500]", "[500, -1]", "invalid", "not negative")]
    public async Task Model_without_a_usable_baseline_is_counted_all_the_same(string model, string right, string wrong, string state, string says)
    {
        application.Platform.PutArtifact(model, 1, "signature.json", Sample.Signature);
        if (right.Length > 0)
        {
            application.Platform.PutArtifact(model, 1, "baseline.json", Sample.Baseline.Replace(right, wrong, StringComparison.Ordinal));
        }

        await application.LogAsync(Sample.HourOf(model, Sample.Noon - First, 20));
        await application.EvaluateAsync();

        var health = await application.HealthAsync(model);
        Assert.Equal((state, 20, 0), (health.Baseline, health.Predictions, health.PredictionsPending));
        Assert.Empty(health.Drift);
        Assert.Equal(1, await application.CountAsync($"SELECT count(*) FROM baselines WHERE model_name = '{model}' AND strpos(error, $${says}$$) > 0"));
    }

    [Fact]
    public async Task Round_that_breaks_off_between_counting_and_marking_counts_nothing_and_the_next_one_counts_all()
    {
        application.Platform.PutModel("broken");
        await application.LogAsync(Sample.HourOf("broken", Sample.Noon - First, 150));
        await using (await application.BreakAsync("prediction_batches", "DELETE"))
        {
            await Assert.ThrowsAsync<PostgresException>(application.EvaluateAsync);
            Assert.Equal(0, await application.CountAsync("SELECT count(*) FROM drift_windows WHERE model_name = 'broken'"));
        }

        await application.RestartAsync();
        await application.EvaluateAsync();

        Assert.Equal(150, await application.CountAsync("SELECT sample FROM drift_windows WHERE model_name = 'broken'"));
        Assert.Equal(150, await application.CountAsync("SELECT predictions FROM model_versions WHERE model_name = 'broken'"));
    }

    [Fact]
    public async Task Alert_that_could_not_be_written_is_raised_by_the_next_round()
    {
        application.Platform.PutModel("retold");
        await using (await application.BreakAsync("alerts", "INSERT"))
        {
            await Assert.ThrowsAsync<PostgresException>(() => application.LogDriftAsync("retold", Sample.Noon - First));
            Assert.Empty((await application.DriftAsync("retold")).SelectMany(point => point.Scores));
        }

        await application.EvaluateAsync();

        Assert.Single(await application.AlertsAsync("retold"));
    }

    [Fact]
    public async Task Replicas_that_evaluate_at_the_same_time_count_each_prediction_once()
    {
        application.Platform.PutModel("replicas");
        foreach (var part in Sample.HourOf("replicas", Sample.Noon - First, 1_000).Chunk(50))
        {
            await application.LogAsync(part);
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => application.EvaluateAsync()));
        await application.EvaluateAsync();

        Assert.Equal(1_000, await application.CountAsync("SELECT sample FROM drift_windows WHERE model_name = 'replicas'"));
        Assert.Equal(1_000, (await application.HealthAsync("replicas")).DriftSample);
    }

    [Fact]
    public async Task Wrong_series_are_refused()
    {
        await RefusedAsync(new SeriesRequest { ModelName = "?" }, StatusCode.InvalidArgument);
        await RefusedAsync(new SeriesRequest { ModelName = "closing", ModelVersion = -1 }, StatusCode.InvalidArgument);
        await RefusedAsync(new SeriesRequest { ModelName = "closing", FromMicros = 2, ToMicros = 1 }, StatusCode.InvalidArgument);
        await RefusedAsync(new SeriesRequest { ModelName = "nobody" }, StatusCode.NotFound);

        async Task RefusedAsync(SeriesRequest request, StatusCode code)
        {
            var token = TestContext.Current.CancellationToken;
            var drift = await Assert.ThrowsAsync<RpcException>(() => application.Models.GetDriftSeriesAsync(request, cancellationToken: token).ResponseAsync);
            var performance = await Assert.ThrowsAsync<RpcException>(() => application.Models.GetPerformanceSeriesAsync(request, cancellationToken: token).ResponseAsync);
            Assert.Equal((code, code), (drift.StatusCode, performance.StatusCode));
        }
    }
}
