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
    public void A_replica_that_comes_or_goes_makes_no_rate_jump()
    {
        var composer = new SnapshotComposer(new SamplingOptions { HistoryPoints = 60 });
        for (var second = 0; second < 10; second++)
        {
            var alone = composer.Compose(Replicas(second, ("a", second * 10)));
            Assert.Equal(second == 0 ? null : 10d, alone.Rate(RateNames.Served("m", 1)));
        }

        // The second one has long been at work.
        var joined = composer.Compose(Replicas(10, ("a", 100), ("b", 5_000)));
        Assert.Equal(10, joined.Rate(RateNames.Served("m", 1)));
        joined = composer.Compose(Replicas(11, ("a", 110), ("b", 5_020)));
        Assert.Equal(30, joined.Rate(RateNames.Served("m", 1)));
        Assert.Equal(3, joined.Rate(RateNames.Failures));
        var left = composer.Compose(Replicas(12, ("a", 120)));
        Assert.Equal(10, left.Rate(RateNames.Served("m", 1)));
    }

    [Fact]
    public void Replicas_are_summed_as_one()
    {
        var sum = ServingSum.Of(
        [
            new GetServingStatusResponse
            {
                Replica = "a", SpooledPredictions = 2, ExecutionProvider = "cpu", ModelMemoryBytes = 10, MemoryBudgetBytes = 100, StartedMicros = 7,
                Models =
                {
                    new ServedModel
                    {
                        ModelName = "m", Version = 1, State = "READY", Aliases = { "champion" }, Predictions = 5, Failures = 1, Instances = 2, QueueLength = 3, MaxQueueLength = 9, MaxBatchSize = 8, Shed = 1, LoadedMicros = 20,
                        Total = new LatencyHistogram { FirstBin = 40, Counts = { 99 } }, Batches = { new BatchCount { Rows = 1, Runs = 4 }, new BatchCount { Rows = 2, Runs = 1 } },
                    },
                    new ServedModel { ModelName = "only-a", Version = 1, State = "READY" },
                },
            },
            new GetServingStatusResponse
            {
                Replica = "b", SpooledPredictions = 1, ExecutionProvider = "cpu", ModelMemoryBytes = 20, MemoryBudgetBytes = 100, StartedMicros = 5,
                Models =
                {
                    new ServedModel
                    {
                        ModelName = "m", Version = 1, State = "UNAVAILABLE", Reason = "no memory", Aliases = { "champion" }, Predictions = 7, Instances = 2, MaxQueueLength = 9, MaxBatchSize = 8, LoadedMicros = 10,
                        Total = new LatencyHistogram { FirstBin = 60, Counts = { 99 } }, Batches = { new BatchCount { Rows = 2, Runs = 3 } },
                    },
                },
            },
        ]);

        var model = sum.Models[0];
        Assert.Equal(["m", "only-a"], sum.Models.Select(served => served.ModelName));
        Assert.Equal((3, 30, 200, 5), (sum.SpooledPredictions, sum.ModelMemoryBytes, sum.MemoryBudgetBytes, sum.StartedMicros));
        Assert.Equal(("UNAVAILABLE", "no memory", "cpu", "a, b"), (model.State, model.Reason, sum.ExecutionProvider, sum.Replica));
        Assert.Equal((12, 1, 4, 3, 18, 8), (model.Predictions, model.Failures, model.Instances, model.QueueLength, model.MaxQueueLength, model.MaxBatchSize));
        Assert.Equal([new BatchCount { Rows = 1, Runs = 4 }, new BatchCount { Rows = 2, Runs = 4 }], model.Batches);
        // Half of all requests, not half of each replica's: bins 40 and 60 end at 2^10 and 2^15 µs.
        Assert.Equal((0.001024, 0.032768), (model.LatencyP50Seconds, model.LatencyP99Seconds));
        Assert.Equal(10, model.LoadedMicros);
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

    private static PathSnapshot Replicas(int second, params (string Name, long Predictions)[] replicas)
    {
        var at = Start.AddSeconds(second);
        return new PathSnapshot(at)
        {
            Replicas = new(InferenceClient.Name)
            {
                ReadAt = at,
                Value =
                [
                    .. replicas.Select(replica => new ReplicaReading($"http://{replica.Name}", new GetServingStatusResponse
                    {
                        Replica = replica.Name, Models = { new ServedModel { ModelName = "m", Version = 1, Predictions = replica.Predictions, Failures = replica.Predictions / 10 } },
                    })),
                ],
            },
        };
    }

    private static PathSnapshot Snapshot(int second, long events, long predictions)
    {
        var at = Start.AddSeconds(second);
        var serving = new GetServingStatusResponse
        {
            Replica = "a",
            Models = { new ServedModel { ModelName = "flight_delay", Version = 7, State = "READY", Predictions = predictions, LatencyP50Seconds = 0.0021, LatencyP99Seconds = 0.0094 } },
        };
        return new PathSnapshot(at)
        {
            Ingestion = new(IngestionClient.Name)
            {
                ReadAt = at,
                Value = new ListSourcesResponse { Sources = { new SourceStatus { Source = new Source { Name = "departures" }, HeadPosition = events } } },
            },
            Inference = new(InferenceClient.Name) { ReadAt = at, Value = serving },
            Replicas = new(InferenceClient.Name) { ReadAt = at, Value = [new ReplicaReading("http://a", serving)] },
            ModelRegistry = new(ModelRegistryClient.Name)
            {
                ReadAt = at,
                Value = new ListModelsResponse { Models = { new ModelState { ModelName = "flight_delay", Aliases = { ["champion"] = 7 } } } },
            },
        };
    }
}
