using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Tests.Support;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.Predictions;

public sealed class PredictFunctionalTests : IAsyncLifetime
{
    private const string Model = TestModels.Name;

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _platform.Registry.Add(Model, TestModels.Signed());
        _platform.Registry.Add(Model, TestModels.Signed(first: 3));
        _platform.Registry.SetAlias(Model, "champion", 1);
        _host = InferenceHost.Start(_platform);
        await _host.WaitForAsync(Model, "champion", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Prediction_is_made_of_online_and_request_features_and_is_logged()
    {
        _platform.Features.Read = (name, _) => name == TestModels.First ? (0.5, FeatureStatus.Present, 60) : (0.25, FeatureStatus.Present, 3_600);
        var request = TestModels.Request("u1", amount: 0.75, id: "p-1");
        request.AsOfMicros = 1_700_000_000_000_000;
        request.ReturnFeatures = true;

        var answer = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);

        Assert.Equal(TestModels.Score(0.5, 0.25, 0.75), answer.Score, 1e-12);
        Assert.Equal("true", answer.Label);
        Assert.Equal(("p-1", Model, 1), (answer.PredictionId, answer.ModelName, answer.ModelVersion));
        Assert.Equal(3_600, answer.MaxFeatureAgeSeconds);
        Assert.Equal([TestModels.First, TestModels.Second, "doubled"], answer.Features.Select(feature => feature.Name));
        Assert.Equal([0.5, 0.25, 1.5], answer.Features.Select(feature => feature.Encoded));
        Assert.Equal(request.AsOfMicros - 60_000_000, answer.Features[0].EventTimestampMicros);
        Assert.Equal(1.5, answer.Features[2].Value.DoubleValue);

        await _platform.Monitoring.WaitForAsync(1);
        var logged = _platform.Monitoring.Logged["p-1"];
        Assert.Equal(answer.Score, logged.Score);
        Assert.Equal([0.5, 0.25, 1.5], logged.Features);
        Assert.Equal((request.AsOfMicros, "champion", "true"), (logged.PredictionTimestampMicros, logged.Role, logged.Label));
        Assert.Equal("u1", logged.EntityKeys["user"].StringValue);
        Assert.True(logged.LatencySeconds > 0);
        Assert.True(logged.CreatedTimestampMicros > request.AsOfMicros);
    }

    [Fact]
    public async Task Value_that_is_stale_missing_or_null_is_not_given_to_the_model()
    {
        foreach (var status in (FeatureStatus[])[FeatureStatus.OutsideMaxAge, FeatureStatus.NotFound, FeatureStatus.NullValue])
        {
            _platform.Features.Read = (_, _) => (5, status, 1_000_000);
            var request = TestModels.Request("u1");
            request.ReturnFeatures = true;

            var answer = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);

            Assert.True(double.IsNaN(answer.Features[0].Encoded));
            Assert.Equal(status, answer.Features[0].Status);
            Assert.Equal(Value.KindOneofCase.None, answer.Features[0].Value.KindCase);
            Assert.Equal(0, answer.MaxFeatureAgeSeconds);
        }
    }

    [Fact]
    public async Task Same_prediction_id_is_the_same_prediction_even_at_the_same_time()
    {
        var scores = new double[] { 0 };
        _platform.Features.Read = (_, _) => (Interlocked.Exchange(ref scores[0], scores[0] + 1), FeatureStatus.Present, 1);
        var request = TestModels.Request("u1", id: "once");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _host.Predictions.PredictAsync(request, cancellationToken: Cancelled).ResponseAsync));

        Assert.Single(answers.Distinct());
        Assert.Equal(1, _platform.Features.Calls);
        await _platform.Monitoring.WaitForAsync(1);
        Assert.Equal(0, _platform.Monitoring.Duplicates);

        var other = await Assert.ThrowsAsync<RpcException>(() => _host.Predictions.PredictAsync(TestModels.Request("u2", id: "once"), cancellationToken: Cancelled).ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, other.StatusCode);
    }

    [Fact]
    public async Task Feature_store_that_is_down_is_unavailable_and_nothing_is_logged()
    {
        _platform.Features.Fails = StatusCode.Unavailable;

        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.Predictions.PredictAsync(TestModels.Request("u1", id: "p-1"), cancellationToken: Cancelled).ResponseAsync);
        _platform.Features.Fails = null;
        var answer = await _host.Predictions.PredictAsync(TestModels.Request("u1", id: "p-1"), cancellationToken: Cancelled);

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.Contains("feature store", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("p-1", answer.PredictionId);
    }

    [Fact]
    public async Task Monitoring_that_is_down_stops_no_prediction_and_gets_them_all_later()
    {
        _platform.Monitoring.IsDown = true;
        for (var i = 0; i < 50; i++)
        {
            await _host.Predictions.PredictAsync(TestModels.Request($"u{i}", id: $"p-{i}"), cancellationToken: Cancelled);
        }

        var status = await _host.Predictions.GetServingStatusAsync(new GetServingStatusRequest(), cancellationToken: Cancelled);
        _platform.Monitoring.IsDown = false;
        await _platform.Monitoring.WaitForAsync(50);

        Assert.Equal(50, status.SpooledPredictions);
        await _host.WaitForStatusAsync(now => now.SpooledPredictions == 0 ? now : null);
    }

    [Fact]
    public async Task Prediction_that_monitoring_refuses_does_not_hold_up_the_others()
    {
        _platform.Monitoring.RefusedId = "p-3";
        _platform.Monitoring.IsDown = true;
        for (var i = 0; i < 8; i++)
        {
            await _host.Predictions.PredictAsync(TestModels.Request($"u{i}", id: $"p-{i}"), cancellationToken: Cancelled);
        }

        _platform.Monitoring.IsDown = false;
        await _platform.Monitoring.WaitForAsync(7);
        await _host.WaitForStatusAsync(now => now.SpooledPredictions == 0 ? now : null);

        Assert.DoesNotContain("p-3", _platform.Monitoring.Logged.Keys);
        Assert.Contains("p-3", await File.ReadAllTextAsync(Path.Combine(_host.DataDirectory, "prediction-log", "refused.log"), Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entity_without_a_key_is_predicted_from_what_is_known()
    {
        var request = TestModels.Request("u1");
        request.EntityKeys["user"] = new Value();
        request.ReturnFeatures = true;

        var answer = await _host.Predictions.PredictAsync(request, cancellationToken: Cancelled);

        Assert.Equal(FeatureStatus.NotFound, answer.Features[0].Status);
    }

    [Fact]
    public async Task Bad_request_is_refused_with_what_is_wrong()
    {
        await RefusedAsync(request => request.ModelName = "", StatusCode.InvalidArgument, "model_name");
        await RefusedAsync(request => request.ModelName = "none", StatusCode.NotFound, "'none' is not found");
        await RefusedAsync(request => request.Alias = "none", StatusCode.NotFound, "no alias 'none'");
        await RefusedAsync(request => request.Version = 9, StatusCode.NotFound, "version 9");
        await RefusedAsync(request => request.Version = -1, StatusCode.InvalidArgument, "versions begin with 1");
        await RefusedAsync(request => request.EntityKeys.Clear(), StatusCode.InvalidArgument, "entity key 'user' (string) is missing");
        await RefusedAsync(request => request.EntityKeys["user"] = new Value { Int64Value = 1 }, StatusCode.InvalidArgument, "'user' must be of type string");
        await RefusedAsync(request => request.RequestFields.Clear(), StatusCode.InvalidArgument, "request field 'amount' (double) is missing");
        await RefusedAsync(request => request.RequestFields["amount"] = new Value { StringValue = "3" }, StatusCode.InvalidArgument, "'amount' must be of type double");
        await RefusedAsync(request => request.PredictionId = new string('x', 129), StatusCode.InvalidArgument, "129 characters");
        await RefusedAsync(request => request.PredictionId = "a\nb", StatusCode.InvalidArgument, "control character");
        await RefusedAsync(request => request.AsOfMicros = long.MaxValue, StatusCode.InvalidArgument, "as_of_micros");
        await RefusedAsync(request => request.EntityKeys["user"] = new Value { StringValue = new string('x', 70_000) }, StatusCode.InvalidArgument, "too long");
        Assert.Empty(_platform.Monitoring.Logged);
    }

    [Fact]
    public async Task Version_without_signature_takes_tensors_only()
    {
        _platform.Registry.Add("plain", TestModels.Unsigned);
        _platform.Registry.SetAlias("plain", "champion", 1);
        await _host.WaitForAsync("plain", "champion", 1);

        await RefusedAsync(request => request.ModelName = "plain", StatusCode.FailedPrecondition, "signature.json");
    }

    [Fact]
    public async Task Stream_answers_in_order_and_outlives_a_bad_request()
    {
        using var stream = _host.Predictions.PredictStream(cancellationToken: Cancelled);
        for (var i = 0; i < 200; i++)
        {
            var request = TestModels.Request($"u{i}", id: $"p-{i}");
            if (i == 100)
            {
                request.RequestFields.Clear();
            }

            await stream.RequestStream.WriteAsync(request, Cancelled);
        }

        await stream.RequestStream.CompleteAsync();
        var answers = await stream.ResponseStream.ReadAllAsync(Cancelled).ToListAsync(Cancelled);

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"p-{i}"), answers.Select(answer => answer.PredictionId));
        Assert.Equal((int)StatusCode.InvalidArgument, answers[100].ErrorCode);
        Assert.Equal(199, answers.Count(answer => answer.Error.Length == 0));
        await _platform.Monitoring.WaitForAsync(199);
    }

    [Fact]
    public async Task Canary_share_is_sticky_by_entity_and_about_as_large_as_asked()
    {
        _platform.Registry.SetAlias(Model, "challenger", 2);
        _platform.Registry.SetTraffic(Model, challengerShare: 0.3, shadow: false);
        await _host.WaitForAsync(Model, "challenger", 2);

        var first = new Dictionary<string, int>();
        for (var i = 0; i < 400; i++)
        {
            first[$"u{i}"] = (await _host.Predictions.PredictAsync(TestModels.Request($"u{i}"), cancellationToken: Cancelled)).ModelVersion;
        }

        foreach (var (user, version) in first.Take(50))
        {
            Assert.Equal(version, (await _host.Predictions.PredictAsync(TestModels.Request(user, amount: 9), cancellationToken: Cancelled)).ModelVersion);
        }

        Assert.InRange(first.Values.Count(version => version == 2), 80, 160);
        await _platform.Monitoring.WaitForAsync(450);
        Assert.All(_platform.Monitoring.Logged.Values, logged => Assert.Equal(logged.ModelVersion == 2 ? "challenger" : "champion", logged.Role));
    }

    [Fact]
    public async Task Shadow_is_logged_as_of_the_same_instant_and_never_answers()
    {
        _platform.Registry.SetAlias(Model, "challenger", 2);
        _platform.Registry.SetTraffic(Model, challengerShare: 0, shadow: true);
        await _host.WaitForAsync(Model, "challenger", 2);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(1, (await _host.Predictions.PredictAsync(TestModels.Request($"u{i}", id: $"p-{i}"), cancellationToken: Cancelled)).ModelVersion);
        }

        await _platform.Monitoring.WaitForAsync(40);
        for (var i = 0; i < 20; i++)
        {
            var (answered, shadow) = (_platform.Monitoring.Logged[$"p-{i}"], _platform.Monitoring.Logged[$"p-{i}~v2"]);
            Assert.Equal(("champion", "shadow"), (answered.Role, shadow.Role));
            Assert.Equal(2, shadow.ModelVersion);
            Assert.Equal(answered.PredictionTimestampMicros, shadow.PredictionTimestampMicros);
        }
    }

    [Fact]
    public async Task Failing_shadow_does_not_touch_the_answer()
    {
        _platform.Registry.Add(Model, TestModels.Unsigned);
        _platform.Registry.SetAlias(Model, "challenger", 3);
        _platform.Registry.SetTraffic(Model, challengerShare: 0, shadow: true);
        await _host.WaitForAsync(Model, "challenger", 3);

        var answer = await _host.Predictions.PredictAsync(TestModels.Request("u1"), cancellationToken: Cancelled);
        await _host.WaitForStatusAsync(status => status.Models.FirstOrDefault(model => model.Version == 3 && model.Failures == 1));

        Assert.Equal(1, answer.ModelVersion);
    }

    [Fact]
    public async Task Serving_status_counts_and_times()
    {
        var before = await _host.WaitForAsync(Model, "champion", 1);
        for (var i = 0; i < 10; i++)
        {
            await _host.Predictions.PredictAsync(TestModels.Request($"u{i}"), cancellationToken: Cancelled);
        }

        var after = await _host.WaitForAsync(Model, "champion", 1);

        Assert.True(double.IsNaN(before.LatencyP50Seconds));
        Assert.Equal((0, 10), (before.Predictions, after.Predictions));
        Assert.InRange(after.LatencyP50Seconds, 1e-5, 10);
        Assert.True(after.LatencyP99Seconds >= after.LatencyP50Seconds);
        Assert.Equal(10 / 60.0, after.PredictionsPerSecond, 1e-9);
        Assert.Contains("inference_prediction_duration", await _host.Http.GetStringAsync("/metrics", Cancelled), StringComparison.Ordinal);
    }

    private async Task RefusedAsync(Action<PredictRequest> spoil, StatusCode code, string message)
    {
        var request = TestModels.Request("u1");
        spoil(request);
        var refused = await Assert.ThrowsAsync<RpcException>(() => _host.Predictions.PredictAsync(request, cancellationToken: Cancelled).ResponseAsync);
        Assert.Contains(message, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(code, refused.StatusCode);
    }
}
