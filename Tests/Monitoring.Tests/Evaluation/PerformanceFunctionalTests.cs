using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Performance;
using CloudNativeAi.Monitoring.Tests.Application;

namespace CloudNativeAi.Monitoring.Tests.Evaluation;

public sealed class PerformanceFunctionalTests(MonitoringApplication application) : IClassFixture<MonitoringApplication>
{
    private static readonly long Start = Sample.Noon - (6 * Sample.Hour);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Quality_of_a_window_is_measured_and_measured_again_when_labels_come_late()
    {
        application.Platform.PutModel("measured");
        var predictions = Sample.HourOf("measured", Start, 400);
        await application.LogAsync(predictions);
        await application.LogAsync([Sample.Prediction("measured-after", "measured", Start + (2 * Sample.Hour))]);
        double[] truth = [.. Enumerable.Range(0, 400).Select(row => row % 7 < 2 + (row % 4) ? 1.0 : 0)];
        await LogLabelsAsync(0, 250);
        await application.EvaluateQuietlyAsync();
        var early = Assert.Single(await SeriesAsync("measured"));
        await LogLabelsAsync(250, 400);
        await application.EvaluateQuietlyAsync();
        var complete = Assert.Single(await SeriesAsync("measured"));

        AssertFigures(early, 250);
        AssertFigures(complete, 400);
        var health = await application.HealthAsync("measured");
        Assert.Equal((complete.Auc, complete.AucLow, complete.AucHigh, 400), (health.Auc, health.AucLow, health.AucHigh, health.AucSample));

        Task LogLabelsAsync(int from, int to) => application.LogAsync(
            Enumerable.Range(from, to - from).Select(row => Sample.Label(predictions[row].PredictionId, truth[row], Sample.Noon - 1)));

        void AssertFigures(PerformancePoint point, int count)
        {
            var expected = PerformanceFigures.Of([.. predictions.Take(count).Select(row => row.Score)], truth.AsSpan(0, count));
            Assert.Equal((count, Start), (point.Sample, point.WindowStartMicros));
            Assert.Equal(expected.AreaUnderCurve.Value, point.Auc, 1e-12);
            Assert.Equal(expected.AreaUnderCurve.Low, point.AucLow, 1e-12);
            Assert.Equal(expected.LogLoss, point.LogLoss, 1e-12);
            Assert.Equal(expected.PositiveShare, point.PositiveShare, 1e-12);
        }
    }

    [Fact]
    public async Task Quality_below_the_policys_minimum_raises_an_alert_and_asks_for_a_new_training()
    {
        application.Platform.PutModel("poor");
        await application.Retraining.PutRetrainPolicyAsync(
            new PutRetrainPolicyRequest { Policy = new RetrainPolicy { ModelName = "poor", Enabled = true, MinimumAuc = 0.7 } }, cancellationToken: CancellationToken);
        var predictions = Sample.HourOf("poor", Start, 400);
        await application.LogAsync(predictions);
        await application.LogAsync([Sample.Prediction("poor-after", "poor", Start + (2 * Sample.Hour))]);

        // Truth by the flip of a coin: the area is one half. Too few of them say nothing.
        await application.LogAsync(predictions.Take(150).Select((row, index) => Sample.Label(row.PredictionId, index / 4 % 2, Sample.Noon - 1)));
        await application.EvaluateQuietlyAsync();
        var tooFew = await application.AlertsAsync("poor");
        await application.LogAsync(predictions.Select((row, index) => Sample.Label(row.PredictionId, index / 4 % 2, Sample.Noon - 1)));
        await application.EvaluateQuietlyAsync();

        Assert.Empty(tooFew);
        var alert = Assert.Single(await application.AlertsAsync("poor"));
        Assert.Equal(("performance", 0.5, 0.7), (alert.Kind, Math.Round(alert.Value, 9), alert.Threshold));
        Assert.Equal(alert.Id, Assert.Single(await application.RetrainRequestsAsync("poor")).AlertId);
    }

    private async Task<IReadOnlyList<PerformancePoint>> SeriesAsync(string model) =>
        (await application.Models.GetPerformanceSeriesAsync(new SeriesRequest { ModelName = model, ModelVersion = 1 }, cancellationToken: CancellationToken)).Points;
}
