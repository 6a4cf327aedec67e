using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Tests.Support;
using Grpc.Core;

namespace CloudNativeAi.Inference.Tests.Predictions;

public sealed class PredictBatchFunctionalTests : IAsyncLifetime
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
        _platform.Features.Read = (name, user) => (name == TestModels.First ? double.Parse(user[1..], System.Globalization.CultureInfo.InvariantCulture) / 100 : 0.25, FeatureStatus.Present, 60);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Rows_share_one_look_up_and_each_gets_its_score()
    {
        var answer = await PredictAsync([.. Enumerable.Range(0, 200).Select(i => TestModels.Request($"u{i}", id: $"p-{i}"))]);

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"p-{i}"), answer.Select(row => row.PredictionId));
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(TestModels.Score(i / 100.0, 0.25, 3), answer[i].Score, 1e-12);
            Assert.Equal(60, answer[i].MaxFeatureAgeSeconds);
        }

        Assert.Equal(1, _platform.Features.Calls);
        await _platform.Monitoring.WaitForAsync(200);
    }

    [Fact]
    public async Task Row_with_an_error_says_so_and_the_others_are_answered()
    {
        _platform.Features.RefusedKey = "u5";
        var rows = Enumerable.Range(0, 10).Select(i => TestModels.Request($"u{i}", id: $"p-{i}")).ToArray();
        rows[2].RequestFields.Clear();
        rows[3].ModelName = "none";
        rows[4].EntityKeys.Clear();

        var answer = await PredictAsync(rows);

        Assert.Equal(
            [(2, StatusCode.InvalidArgument), (3, StatusCode.NotFound), (4, StatusCode.InvalidArgument), (5, StatusCode.InvalidArgument)],
            answer.Select((row, i) => (i, Code: (StatusCode)row.ErrorCode)).Where(row => row.Code != StatusCode.OK));
        Assert.Contains("'u5' is refused", answer[5].Error, StringComparison.Ordinal);
        Assert.Equal(TestModels.Score(0.09, 0.25, 3), answer[9].Score, 1e-12);
    }

    [Fact]
    public async Task Rows_of_different_instants_and_versions_are_looked_up_by_themselves_and_answered_together()
    {
        var rows = Enumerable.Range(0, 6).Select(i => TestModels.Request($"u{i}")).ToArray();
        rows[1].AsOfMicros = 1_600_000_000_000_000;
        rows[2].Version = 2;

        var answer = await PredictAsync(rows);

        Assert.Equal([1, 1, 2, 1, 1, 1], answer.Select(row => row.ModelVersion));
        Assert.All(answer, row => Assert.Empty(row.Error));
        Assert.Equal(3, _platform.Features.Calls);
    }

    [Fact]
    public async Task Same_prediction_twice_in_one_batch_is_one_prediction()
    {
        var answer = await PredictAsync(TestModels.Request("u1", id: "same"), TestModels.Request("u2"), TestModels.Request("u1", id: "same"), TestModels.Request("u3", id: "same"));

        Assert.Equal(answer[0], answer[2]);
        Assert.Equal((int)StatusCode.FailedPrecondition, answer[3].ErrorCode);
        await _platform.Monitoring.WaitForAsync(2);
        Assert.Equal(1, _platform.Features.Calls);
    }

    [Fact]
    public async Task Batches_that_wait_for_each_others_predictions_end()
    {
        for (var round = 0; round < 20; round++)
        {
            var ids = Enumerable.Range(0, 8).Select(i => $"p-{round}-{i}").ToArray();
            var answers = await Task.WhenAll(
                PredictAsync([.. ids.Select(id => TestModels.Request("u1", id: id))]),
                PredictAsync([.. ids.Reverse().Select(id => TestModels.Request("u1", id: id))]));

            Assert.All(answers.SelectMany(answer => answer), row => Assert.Empty(row.Error));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_001)]
    public async Task Batch_of_too_few_or_too_many_rows_is_refused(int rows)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => PredictAsync([.. Enumerable.Range(0, rows).Select(i => TestModels.Request($"u{i}"))]));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Equal($"rows has {rows} entries; 1 to 1000 are allowed.", refused.Status.Detail);
    }

    private async Task<IReadOnlyList<PredictResponse>> PredictAsync(params PredictRequest[] rows) =>
        (await _host.Predictions.PredictBatchAsync(new PredictBatchRequest { Rows = { rows } }, cancellationToken: Cancelled)).Rows;
}
