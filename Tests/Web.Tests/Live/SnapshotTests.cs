using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Web.Clients;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Tests.Live;

public sealed class SnapshotTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Rates_and_history_grow_from_one_snapshot_to_the_next()
    {
        var composer = new SnapshotComposer(new SamplingOptions { HistoryPoints = 10 });
        var snapshot = PathSnapshot.Empty;
        for (var second = 0; second < 15; second++)
        {
            snapshot = composer.Compose(Snapshot(second, events: second * 620, predictions: second * 38));
        }

        Assert.Equal(620, snapshot.Rate(RateNames.Events));
        Assert.Equal(620, snapshot.Rate(RateNames.SourceEvents("departures")));
        Assert.Equal(10, snapshot.History.Count);
        Assert.Equal(38, snapshot.History[^1].PredictionsPerSecond);
        Assert.Equal(9.4, snapshot.History[^1].LatencyP99Milliseconds!.Value, 6);
    }

    [Fact]
    public void A_silent_service_leaves_a_gap_and_the_others_go_on()
    {
        var composer = new SnapshotComposer(new SamplingOptions { HistoryPoints = 60 });
        var before = composer.Compose(Snapshot(0, 0, 0)).Ingestion;
        composer.Compose(Snapshot(1, 620, 38));
        var snapshot = PathSnapshot.Empty;

        // Its last reading stays as it was; the rate window passes.
        for (var second = 2; second < 30; second++)
        {
            snapshot = composer.Compose(Snapshot(second, 0, second * 38) with { Ingestion = before with { FailingSince = Start.AddSeconds(2), Error = "gone" } });
        }

        Assert.Null(snapshot.History[^1].EventsPerSecond);
        Assert.Equal(38, snapshot.History[^1].PredictionsPerSecond);
    }

    [Fact]
    public void A_service_that_is_down_is_said_in_its_hop_and_in_what_needs_attention()
    {
        var since = Start.AddMinutes(-2);
        var snapshot = Snapshot(0, 10, 10) with { Monitoring = new ServiceReading<ListModelHealthResponse>(MonitoringClient.Name) { FailingSince = since, Error = "Monitoring cannot be reached." } };

        var stages = PathStages.From(snapshot, PathFigures.From(snapshot, null), Start);
        var attention = Attention.From(snapshot);

        Assert.Equal(("down", "since 11:58:00", Level.Bad), (stages[5].Rate, stages[5].Lag, stages[5].Level));
        Assert.Equal(Level.Good, stages[0].Level);
        Assert.Equal(Level.Good, stages[4].Level);
        Assert.Contains(attention, item => item.Text == "Monitoring is down" && item.Since == since);
    }

    [Fact]
    public void The_busiest_model_is_in_view_until_another_is_asked_for()
    {
        var snapshot = Snapshot(0, 0, 500);
        snapshot.Inference.Value!.Models.Add(new ServedModel { ModelName = "quiet", Version = 1, Predictions = 3 });

        Assert.Equal("flight_delay", PathFigures.From(snapshot, null).ModelName);
        Assert.Equal(7, PathFigures.From(snapshot, null).ChampionVersion);
        Assert.Equal("quiet", PathFigures.From(snapshot, "quiet").ModelName);
    }

    [Fact]
    public void A_slow_subscriber_gets_the_latest_and_one_that_left_gets_nothing()
    {
        var feed = new LiveFeed();
        var slow = feed.Subscribe();
        feed.Publish(new PathSnapshot(Start));
        feed.Publish(new PathSnapshot(Start.AddSeconds(1)));

        Assert.True(slow.Snapshots.TryRead(out var read));
        Assert.Equal(Start.AddSeconds(1), read.TakenAt);
        Assert.False(slow.Snapshots.TryRead(out _));

        slow.Dispose();
        Assert.Equal(0, feed.SubscriberCount);
        Assert.True(slow.Snapshots.Completion.IsCompleted);
    }

    private static PathSnapshot Snapshot(int second, long events, long predictions)
    {
        var at = Start.AddSeconds(second);
        return new PathSnapshot(at)
        {
            Ingestion = new(IngestionClient.Name)
            {
                ReadAt = at,
                Value = new ListSourcesResponse { Sources = { new SourceStatus { Source = new Source { Name = "departures" }, HeadPosition = events } } },
            },
            Inference = new(InferenceClient.Name)
            {
                ReadAt = at,
                Value = new GetServingStatusResponse
                {
                    Models = { new ServedModel { ModelName = "flight_delay", Version = 7, State = "READY", Predictions = predictions, LatencyP50Seconds = 0.0021, LatencyP99Seconds = 0.0094 } },
                },
            },
            ModelRegistry = new(ModelRegistryClient.Name)
            {
                ReadAt = at,
                Value = new ListModelsResponse { Models = { new ModelState { ModelName = "flight_delay", Aliases = { ["champion"] = 7 } } } },
            },
        };
    }
}
