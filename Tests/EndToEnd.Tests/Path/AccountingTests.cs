using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Flights.Replay;

namespace CloudNativeAi.EndToEnd.Tests.Path;

/// <summary>Nothing is lost and nothing is doubled on the way, although every service was killed once.</summary>
[Collection(PathCollection.Name)]
public sealed class AccountingTests(FlightsRun run)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_sent_are_the_events_in_the_log_and_the_rows_in_the_delta_tables()
    {
        var log = await run.Application.Flights.Sources.ListSourcesAsync(new ListSourcesRequest(), cancellationToken: CancellationToken);
        var stores = await run.Application.Flights.Materialization.GetStatusAsync(new GetStatusRequest(), cancellationToken: CancellationToken);

        Assert.All(run.EventsSent, sent =>
        {
            Assert.Equal(sent.Value, log.Sources.Single(status => status.Source.Name == sent.Key).HeadPosition);
            var progress = stores.Sources.Single(status => status.Source == sent.Key);
            Assert.Equal(sent.Value, progress.OfflineRows);
            Assert.Equal(sent.Value, progress.OnlinePosition);
        });
        Assert.All(log.Sources, status => Assert.Equal(0, status.DeadLetters));

        foreach (var (source, sent) in run.EventsSent)
        {
            var table = System.IO.Path.Combine(run.Application.DataDirectory, "feature-store", "offline", source);
            var (rows, eventIds) = await DeltaTableRows.CountAsync(table, CancellationToken);
            Assert.Equal(sent, rows);
            Assert.Equal(sent, eventIds);
        }
    }

    [Fact]
    public void A_batch_sent_again_adds_nothing()
    {
        Assert.Equal(0, run.SentAgain.Accepted);
        Assert.Equal(5_000, run.SentAgain.Duplicates);
    }

    [Fact]
    public async Task Predictions_asked_are_predictions_logged_and_labels_sent_are_labels_joined()
    {
        var health = await WaitForSpoolAsync();

        Assert.True(run.Asked.Count > 500, $"Only {run.Asked.Count} predictions were asked for.");
        Assert.Equal(run.Asked.Count, health.Predictions);
        Assert.Equal(run.LabelsSent, health.Labels);
        Assert.Equal(run.LabelsSent, health.LabelsJoined);
    }

    [Fact]
    public async Task A_logged_prediction_is_the_one_that_was_answered()
    {
        await WaitForSpoolAsync();

        foreach (var asked in run.Asked.OrderBy(asked => asked.Request.PredictionId, StringComparer.Ordinal).Take(50))
        {
            var logged = await run.Application.PredictionLog.GetPredictionAsync(
                new GetPredictionRequest { PredictionId = asked.Request.PredictionId }, cancellationToken: CancellationToken);

            Assert.Equal(asked.Response.Score, logged.Prediction.Score);
            Assert.Equal(asked.Response.ModelVersion, logged.Prediction.ModelVersion);
            Assert.Equal(asked.Request.AsOfMicros, logged.Prediction.PredictionTimestampMicros);
            if (asked.Flight.IsLate is { } late && logged.HasTrueLabel)
            {
                Assert.Equal(late ? 1 : 0, logged.TrueLabel);
            }
        }
    }

    private async Task<ModelHealth> WaitForSpoolAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var status = await run.Application.Flights.Predictions.GetServingStatusAsync(new GetServingStatusRequest(), cancellationToken: timeout.Token);
            var health = await run.Application.Monitoring.GetModelHealthAsync(
                new GetModelHealthRequest { ModelName = FlightDefinitions.ModelName }, cancellationToken: timeout.Token);
            if (status.SpooledPredictions == 0 && health.Predictions >= run.Asked.Count)
            {
                return health;
            }

            await Task.Delay(100, timeout.Token);
        }
    }
}
