using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Tests.Application;
using Grpc.Core;
using Npgsql;

namespace CloudNativeAi.Monitoring.Tests.Labels;

public sealed class LabelsFunctionalTests(MonitoringApplication application) : IClassFixture<MonitoringApplication>
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Label_is_joined_once_whether_it_or_its_prediction_comes_first()
    {
        application.Platform.PutModel("order");
        var predictions = Sample.HourOf("order", Sample.Noon - Sample.Hour, 100);
        var labels = predictions.Select((row, index) => Sample.Label(row.PredictionId, index % 2, Sample.Noon - 1, "order")).ToArray();

        var waitingBefore = await WaitingAsync();
        var early = await application.LogAsync(labels.Take(60));
        var waiting = await WaitingAsync();
        await application.LogAsync(predictions);
        var late = await application.LogAsync(labels.Skip(40));
        await application.EvaluateAsync();

        Assert.Equal((60, 0, 0), (early.Accepted, early.Duplicates, early.Joined));
        Assert.Equal(waitingBefore + 60, waiting);
        Assert.Equal((40, 20, 40), (late.Accepted, late.Duplicates, late.Joined));
        Assert.Equal(waitingBefore, await WaitingAsync());
        await AssertJoinedOnceAsync("order", 100);

        async Task<long> WaitingAsync() =>
            (await application.Models.ListModelHealthAsync(new ListModelHealthRequest(), cancellationToken: CancellationToken)).LabelsWaiting;
    }

    [Fact]
    public async Task Labels_and_predictions_that_race_are_joined_once()
    {
        application.Platform.PutModel("race");
        var predictions = Sample.HourOf("race", Sample.Noon - Sample.Hour, 400);
        var labels = predictions.Select(row => Sample.Label(row.PredictionId, 1, Sample.Noon - 1)).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(call => call % 2 == 0
            ? (Task)application.LogAsync(predictions.Chunk(100).ElementAt(call / 2))
            : application.LogAsync(call % 4 == 1 ? labels : labels.Reverse())));
        await application.LogAsync(labels);
        await application.EvaluateAsync();

        await AssertJoinedOnceAsync("race", 400);
    }

    [Fact]
    public async Task First_label_of_a_prediction_stays()
    {
        await application.LogAsync([Sample.Prediction("first", "firsts", Sample.Noon - 5)]);

        var response = await application.LogAsync([Sample.Label("first", 1, Sample.Noon - 3), Sample.Label("first", 0, Sample.Noon - 2)]);
        var again = await application.LogAsync([Sample.Label("first", 0, Sample.Noon - 1)]);

        var read = await application.Predictions.GetPredictionAsync(new GetPredictionRequest { PredictionId = "first" }, cancellationToken: CancellationToken);
        Assert.Equal((1, 1), (response.Accepted, response.Duplicates));
        Assert.Equal((0, 1), (again.Accepted, again.Duplicates));
        Assert.Equal((1.0, Sample.Noon - 3), (read.TrueLabel, read.LabelTimestampMicros));
    }

    [Fact]
    public async Task Round_that_breaks_off_between_counting_and_marking_counts_nothing_and_the_next_one_counts_all()
    {
        application.Platform.PutModel("broken");
        var predictions = Sample.HourOf("broken", Sample.Noon - Sample.Hour, 50);
        await application.LogAsync(predictions);
        await application.LogAsync(predictions.Select(row => Sample.Label(row.PredictionId, 1, Sample.Noon - 1)));

        await using (await application.BreakAsync("label_batches", "DELETE"))
        {
            await Assert.ThrowsAsync<PostgresException>(application.EvaluateAsync);
            Assert.Equal(0, await application.CountAsync("SELECT coalesce(sum(labels_joined), 0)::bigint FROM model_versions WHERE model_name = 'broken'"));
            Assert.Equal(50, (await application.HealthAsync("broken")).LabelsJoined);
        }

        await application.RestartAsync();
        await application.EvaluateAsync();

        Assert.Equal(50, await application.CountAsync("SELECT sum(labels_joined)::bigint FROM model_versions WHERE model_name = 'broken'"));
        await AssertJoinedOnceAsync("broken", 50);
    }

    [Theory]
    [InlineData("application/json", """[{"predictionId":"http-1","value":true,"labelTimestamp":"2100-01-04T11:59:00Z"},{"prediction_id":"http-2","value":0,"label_timestamp_micros":4102747140000000}]""")]
    [InlineData("application/x-ndjson", "{\"predictionId\":\"http-3\",\"value\":1,\"labelTimestamp\":\"2100-01-04T12:59:00+01:00\"}\n\n{\"predictionId\":\"http-4\",\"value\":0,\"labelTimestampMicros\":4102747140000000}\r\n")]
    public async Task Labels_come_over_HTTP_as_an_array_or_line_by_line(string type, string body)
    {
        var response = await PostAsync(type, body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var result = await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken);
        Assert.Equal((2, 0, 0), (result.GetProperty("accepted").GetInt32(), result.GetProperty("duplicates").GetInt32(), result.GetProperty("joined").GetInt32()));
        Assert.Equal(0, await application.CountAsync("SELECT count(*) FROM outcomes WHERE prediction_id LIKE 'http-%' AND label_micros <> 4102747140000000"));
    }

    [Theory]
    [InlineData("""{"predictionId":"x"}""", "array")]
    [InlineData("""[{"predictionId":"x","value":1""", "not a list")]
    [InlineData("""[7]""", "must be a JSON object")]
    [InlineData("""[{"predictionId":"x","labelTimestampMicros":5}]""", "is required")]
    [InlineData("""[{"predictionId":"x","value":1}]""", "label_timestamp_micros")]
    [InlineData("""[{"value":1,"labelTimestampMicros":5}]""", "prediction_id")]
    [InlineData("""[{"predictionId":"x","value":"1","labelTimestampMicros":5}]""", "must be a finite number")]
    [InlineData("""[{"predictionId":"x","value":1e999,"labelTimestampMicros":5}]""", "must be a finite number")]
    [InlineData("""[{"predictionId":7,"value":1,"labelTimestampMicros":5}]""", "must be a string")]
    [InlineData("""[{"predictionId":"\ud800","value":1,"labelTimestampMicros":5}]""", "not valid Unicode")]
    [InlineData("""[{"predictionId":"x","value":1,"labelTimestamp":"2100-01-04T11:59:00"}]""", "with an offset")]
    [InlineData("""[{"predictionId":"x","value":1,"labelTimestamp":"2100-01-04T11:59:00Z","labelTimestampMicros":5}]""", "is there twice")]
    [InlineData("""[{"predictionId":"x","value":1,"labelTimestampMicros":5.5}]""", "whole number")]
    [InlineData("""[{"predictionId":"x","value":1,"labelTimestampMicros":9999999999999999}]""", "in the future")]
    [InlineData("""[{"predictionId":"x","value":1,"labelTimestampMicros":5,"colour":"red"}]""", "is not a field of a label")]
    public async Task Wrong_body_is_refused_and_told_why(string body, string says)
    {
        var response = await PostAsync("application/json", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(says, await response.Content.ReadAsStringAsync(CancellationToken), StringComparison.Ordinal);
        Assert.Equal(0, await application.CountAsync("SELECT count(*) FROM outcomes WHERE prediction_id = 'x'"));
    }

    [Fact]
    public async Task Invalid_label_refuses_the_call_unless_the_caller_wants_the_others()
    {
        LabelRecord[] labels = [Sample.Label("partly-1", 1, Sample.Noon), Sample.Label("partly-2", double.NaN, Sample.Noon)];

        var refusal = await Assert.ThrowsAsync<RpcException>(() => application.LogAsync(labels));
        var nothing = await application.CountAsync("SELECT count(*) FROM outcomes WHERE prediction_id LIKE 'partly-%'");
        var partly = await application.LogAsync(labels, skipInvalid: true);
        var tooMany = await Assert.ThrowsAsync<RpcException>(() => application.LogAsync(Enumerable.Repeat(new LabelRecord(), 10_001)));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains("labels[1].value", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(0, nothing);
        Assert.Equal((1, 1, 1), (partly.Accepted, partly.InvalidTotal, Assert.Single(partly.Invalid).Row));
        Assert.Equal(StatusCode.InvalidArgument, tooMany.StatusCode);
    }

    private async Task AssertJoinedOnceAsync(string model, int count)
    {
        var health = await application.HealthAsync(model);
        Assert.Equal((count, count, count), (health.Predictions, health.Labels, health.LabelsJoined));
        Assert.Equal(count, await application.CountAsync($"SELECT count(*) FROM labelled_predictions WHERE model_name = '{model}'"));
        Assert.Equal(count, await application.CountAsync($"SELECT count(DISTINCT prediction_id) FROM labelled_predictions WHERE model_name = '{model}'"));
        Assert.Equal(count, health.AucSample);
    }

    private async Task<HttpResponseMessage> PostAsync(string type, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, type);
        return await application.Http.PostAsync("/v1/labels", content, CancellationToken);
    }
}
