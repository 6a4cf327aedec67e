using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.PredictionLog;
using CloudNativeAi.Monitoring.Tests.Application;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Monitoring.Tests.PredictionLog;

public sealed class PredictionLogFunctionalTests(MonitoringApplication application) : IClassFixture<MonitoringApplication>
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prediction_is_read_as_it_was_logged_with_the_names_of_its_features()
    {
        application.Platform.PutModel("kept");
        var prediction = Sample.Prediction("kept-1", "kept", Sample.Noon - 5, score: 0.1);
        prediction.CreatedTimestampMicros = Sample.Noon - 2;
        prediction.Features[0] = double.NaN;
        prediction.EntityKeys["number"] = new Value { Int64Value = long.MaxValue };
        prediction.EntityKeys["ratio"] = new Value { DoubleValue = 2 };
        prediction.EntityKeys["vip"] = new Value { BoolValue = true };
        prediction.EntityKeys["since"] = new Value { TimestampMicros = 7 };
        prediction.EntityKeys["nobody"] = new Value();
        await application.LogAsync([prediction]);
        await application.EvaluateAsync();

        var read = await application.Predictions.GetPredictionAsync(new GetPredictionRequest { PredictionId = "kept-1" }, cancellationToken: CancellationToken);
        var overHttp = await application.Http.GetFromJsonAsync<JsonElement>("/v1/predictions/kept-1", CancellationToken);

        Assert.Equal(prediction, read.Prediction);
        Assert.Equal(["delay", "carrier"], read.FeatureNames);
        Assert.False(read.HasTrueLabel);
        Assert.Equal(JsonValueKind.Null, overHttp.GetProperty("features")[0].GetProperty("value").ValueKind);
        Assert.Equal("carrier", overHttp.GetProperty("features")[1].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Batch_that_is_sent_again_adds_nothing_nor_does_an_id_twice_in_one()
    {
        var batch = Sample.HourOf("again", Sample.Noon - Sample.Hour, 500);

        var first = await application.LogAsync(batch);
        var second = await application.LogAsync(batch);
        var mixed = await application.LogAsync([batch[3], Sample.Prediction("again-new", "again", Sample.Noon), Sample.Prediction("again-new", "again", Sample.Noon)]);
        await application.EvaluateAsync();

        Assert.Equal((500, 0), (first.Accepted, first.Duplicates));
        Assert.Equal((0, 500), (second.Accepted, second.Duplicates));
        Assert.Equal((1, 2), (mixed.Accepted, mixed.Duplicates));
        Assert.Equal(501, await application.CountAsync("SELECT count(*) FROM predictions WHERE model_name = 'again'"));
        Assert.Equal(501, (await application.HealthAsync("again")).Predictions);
    }

    [Fact]
    public async Task Calls_with_the_same_ids_at_the_same_time_log_each_once()
    {
        var batch = Sample.HourOf("racing", Sample.Noon - Sample.Hour, 300);

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(call => application.LogAsync(call % 2 == 0 ? batch : batch.Reverse())));

        Assert.Equal(300, responses.Sum(response => response.Accepted));
        Assert.Equal(7 * 300, responses.Sum(response => response.Duplicates));
        Assert.Equal(300, await application.CountAsync("SELECT count(*) FROM predictions WHERE model_name = 'racing'"));
    }

    [Fact]
    public async Task Each_day_has_a_partition_and_the_oldest_go_with_their_ids()
    {
        var days = new[] { 0, 1, 89, 90 }.Select(day => Sample.Prediction($"day-{day}", "days", Sample.Noon - (day * Micros.PerDay))).ToArray();
        var response = await application.LogAsync([.. days, Sample.Prediction("day-91", "days", Sample.Noon - (91 * Micros.PerDay))]);
        Assert.Equal((4, 1), (response.Accepted, response.Expired));
        Assert.Equal(4, await application.CountAsync("SELECT count(DISTINCT tableoid) FROM predictions WHERE model_name = 'days'"));

        application.Clock.Advance(TimeSpan.FromDays(1));
        await application.Services.GetRequiredService<Retention>().RunAsync(CancellationToken);

        Assert.Equal(3, await application.CountAsync("SELECT count(*) FROM predictions WHERE model_name = 'days'"));
        Assert.Equal(3, await application.CountAsync("SELECT count(*) FROM outcomes WHERE model_name = 'days'"));
        var gone = await Assert.ThrowsAsync<RpcException>(
            () => application.Predictions.GetPredictionAsync(new GetPredictionRequest { PredictionId = "day-90" }, cancellationToken: CancellationToken).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, gone.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_have_every_prediction_once_newest_first_though_many_are_of_one_instant(bool labelledOnly)
    {
        var model = labelledOnly ? "paged_labelled" : "paged";
        var batch = Enumerable.Range(0, 95).Select(row => Sample.Prediction($"{model}-{row:000}", model, Sample.Noon - (row / 10 * Sample.Hour))).ToArray();
        await application.LogAsync(batch);
        await application.LogAsync(batch.Where((_, row) => row % 2 == 0).Select(row => Sample.Label(row.PredictionId, 1, Sample.Noon)));
        var expected = batch.Where((_, row) => !labelledOnly || row % 2 == 0)
            .OrderByDescending(row => row.CreatedTimestampMicros).ThenByDescending(row => row.PredictionId, StringComparer.Ordinal).Select(row => row.PredictionId);

        var (read, pages, token) = (new List<LoggedPrediction>(), 0, "");
        do
        {
            var page = await application.Predictions.ListPredictionsAsync(
                new ListPredictionsRequest { ModelName = model, PageSize = 7, PageToken = token, LabelledOnly = labelledOnly }, cancellationToken: CancellationToken);
            read.AddRange(page.Predictions);
            token = page.NextPageToken;
            pages++;
        }
        while (token.Length > 0);

        Assert.Equal(expected, read.Select(row => row.Prediction.PredictionId));
        Assert.Equal((read.Count + 6) / 7, pages);
        Assert.All(read, row => Assert.Equal(int.Parse(row.Prediction.PredictionId[^3..], null) % 2 == 0, row.HasTrueLabel));
    }

    [Fact]
    public async Task Invalid_record_refuses_the_call_and_says_where_and_why()
    {
        await RefusedAsync(row => row.PredictionId = "", "predictions[1].prediction_id");
        await RefusedAsync(row => row.PredictionId = new string('x', 129), "prediction_id");
        await RefusedAsync(row => row.PredictionId = "a\0b", "control characters");
        await RefusedAsync(row => row.ModelName = "no spaces", "model_name");
        await RefusedAsync(row => row.ModelVersion = 0, "model_version");
        await RefusedAsync(row => row.Score = double.NaN, "score");
        await RefusedAsync(row => row.Label = "a\0b", "label");
        await RefusedAsync(row => row.PredictionTimestampMicros = 0, "prediction_timestamp_micros");
        await RefusedAsync(row => row.CreatedTimestampMicros = Sample.Noon + (2 * Micros.PerDay), "created_timestamp_micros");
        await RefusedAsync(row => row.CreatedTimestampMicros = long.MinValue, "created_timestamp_micros");
        await RefusedAsync(row => row.EntityKeys["origin"] = new Value { DoubleValue = double.NaN }, "entity_keys[origin]");
        await RefusedAsync(row => row.EntityKeys["origin"] = new Value { StringValue = "a\0" }, "entity_keys[origin]");
        await RefusedAsync(row => row.Features.Add(new double[4_100]), "features");
        await RefusedAsync(row => row.Role = "king", "role");
        await RefusedAsync(row => row.LatencySeconds = -1, "latency_seconds");
        await RefusedAsync(row => row.LatencySeconds = double.NaN, "latency_seconds");
        await RefusedAsync(row => row.TraceId = new string('x', 65), "trace_id");
        Assert.Equal(0, await application.CountAsync("SELECT count(*) FROM predictions WHERE model_name = 'refused'"));
    }

    [Fact]
    public async Task Valid_records_are_logged_beside_invalid_ones_when_the_caller_wants_that()
    {
        PredictionRecord[] batch = [Sample.Prediction("skip-1", "skipping", Sample.Noon), Sample.Prediction("", "skipping", Sample.Noon), Sample.Prediction("skip-2", "skipping", Sample.Noon)];

        var response = await application.LogAsync(batch, skipInvalid: true);

        Assert.Equal((2, 1), (response.Accepted, response.InvalidTotal));
        Assert.Equal((1, "prediction_id"), (Assert.Single(response.Invalid).Row, response.Invalid[0].Field));
    }

    [Fact]
    public async Task Wrong_reads_are_refused()
    {
        var tooMany = await Assert.ThrowsAsync<RpcException>(() => application.LogAsync(Enumerable.Repeat(new PredictionRecord(), 10_001)));
        var badToken = await ListRefusedAsync(new ListPredictionsRequest { ModelName = "paged", PageToken = "!" });
        var foreignToken = await ListRefusedAsync(new ListPredictionsRequest { ModelName = "paged", PageToken = "bm90IG91cnM" });
        var badSize = await ListRefusedAsync(new ListPredictionsRequest { ModelName = "paged", PageSize = 1_001 });
        var badName = await ListRefusedAsync(new ListPredictionsRequest { ModelName = "" });

        Assert.All([tooMany, badToken, foreignToken, badSize, badName], refusal => Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode));
        Assert.Equal(HttpStatusCode.NotFound, (await application.Http.GetAsync("/v1/predictions/nothing", CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await application.Http.GetAsync($"/v1/predictions/{new string('x', 129)}", CancellationToken)).StatusCode);
    }

    private async Task<RpcException> ListRefusedAsync(ListPredictionsRequest request) => await Assert.ThrowsAsync<RpcException>(
        () => application.Predictions.ListPredictionsAsync(request, cancellationToken: CancellationToken).ResponseAsync);

    private async Task RefusedAsync(Action<PredictionRecord> spoil, string says)
    {
        var bad = Sample.Prediction("refused-2", "refused", Sample.Noon);
        spoil(bad);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => application.LogAsync([Sample.Prediction("refused-1", "refused", Sample.Noon), bad]));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains(says, refusal.Status.Detail, StringComparison.Ordinal);
    }
}
