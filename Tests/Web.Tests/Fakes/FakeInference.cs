using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeInference(FlightsWorld world) : Prediction.PredictionBase
{
    public override Task<GetServingStatusResponse> GetServingStatus(GetServingStatusRequest request, ServerCallContext context)
    {
        var response = new GetServingStatusResponse
        {
            ExecutionProvider = "cpu",
            Replica = $"inference-{context.Host}",
            StartedMicros = world.Ago(TimeSpan.FromHours(3)),
            ModelMemoryBytes = 9_437_184,
            MemoryBudgetBytes = 1_610_612_736,
            ProcessMemoryBytes = 221_249_536,
        };
        response.Models.Add(Served(6, [], 1_204, 0));
        response.Models.Add(Served(7, ["champion"], 84_120, FlightsWorld.PredictionsPerSecond * 0.45));
        response.Models.Add(Served(8, ["challenger"], 9_311, FlightsWorld.PredictionsPerSecond * 0.05));
        response.Models.Add(new ServedModel
        {
            ModelName = "taxi_in", Version = 2, State = "UNLOADED", Aliases = { "champion" }, LatencyP50Seconds = double.NaN, LatencyP95Seconds = double.NaN, LatencyP99Seconds = double.NaN,
            Reason = "unloaded: memory was needed for others, and it was used least recently; the next request loads it",
        });
        lock (world.Gate)
        {
            response.Traffic.Add(new TrafficInForce { ModelName = FlightsWorld.Model, ChallengerShare = world.Traffic.ChallengerShare, ShadowChallenger = world.Traffic.ShadowChallenger });
        }

        response.Models.Add(new ServedModel { ModelName = "taxi_time", Version = 1, State = "LOADING", Aliases = { "champion" }, LatencyP50Seconds = double.NaN, LatencyP99Seconds = double.NaN });
        return Task.FromResult(response);
    }

    public override Task<PredictResponse> Predict(PredictRequest request, ServerCallContext context)
    {
        if (!request.EntityKeys.TryGetValue("tailnum", out var tailnum) || tailnum.StringValue.Length == 0)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "The entity key 'tailnum' is missing."));
        }

        var response = new PredictResponse
        {
            PredictionId = FlightsWorld.PredictionId,
            ModelName = request.ModelName,
            ModelVersion = 7,
            Score = 0.4321,
            Label = "true",
            MaxFeatureAgeSeconds = 5_400,
        };

        if (request.ReturnFeatures)
        {
            response.Features.Add(new PredictedFeature { Name = "origin_departures:dep_delay_mean_1h", Value = FlightsWorld.Number(12.4), Status = FeatureStatus.Present, EventTimestampMicros = FlightsWorld.Replay(TimeSpan.FromMinutes(12)), Encoded = 12.4 });
            response.Features.Add(new PredictedFeature { Name = "aircraft_last_arrival:arr_delay", Status = FeatureStatus.NotFound, Encoded = double.NaN });
            response.Features.Add(new PredictedFeature { Name = "minute_of_day", Value = new() { Int64Value = 600 }, Status = FeatureStatus.Present, Encoded = 600 });
        }

        if (request.ReturnContributions)
        {
            response.BaseValue = -0.75;
            response.Contributions.Add(new FeatureContribution { Name = "origin_departures:dep_delay_mean_1h", Contribution = 0.6125 });
            response.Contributions.Add(new FeatureContribution { Name = "aircraft_last_arrival:arr_delay", Contribution = -0.2 });
            response.Contributions.Add(new FeatureContribution { Name = "minute_of_day", Contribution = 0.0642 });
        }

        return Task.FromResult(response);
    }

    private ServedModel Served(int version, string[] aliases, long before, double perSecond)
    {
        var wave = Math.Sin(world.Seconds / 6);
        var served = new ServedModel
        {
            ModelName = FlightsWorld.Model,
            Version = version,
            Digest = $"{version:x2}7d4c1e9ab07d55aa3b7765d0a1ce09b84d2f0c11e6a7b8c9d0e1f2a3b4c5d6e7",
            State = "READY",
            LoadedMicros = world.Ago(TimeSpan.FromMinutes(47)),
            Predictions = world.Total(before, perSecond),
            Failures = 3,
            LatencyP50Seconds = 0.0021 + (wave * 0.0002),
            LatencyP99Seconds = 0.0094 + (wave * 0.0016),
            LatencyP95Seconds = 0.0061 + (wave * 0.0004),
            PredictionsPerSecond = perSecond,
            Total = new LatencyHistogram { FirstBin = 40, Counts = { 12, 88, 410, 690 + (long)(wave * 100), 520, 240, 96, 51, 22, 9, 4, 1, 0, 2 } },
            Queue = new LatencyHistogram { FirstBin = 0, Counts = { 1_900, 0, 3, 8, 21, 44, 60, 41, 22, 6 } },
            Compute = new LatencyHistogram { FirstBin = 24, Counts = { 33, 210, 640, 520, 180, 41, 9, 2 } },
            Instances = 2,
            BusyInstances = wave > 0 ? 1 : 0,
            MemoryBytes = 4_718_592,
            QueueLength = wave > 0.5 ? 3 : 0,
            MaxQueueLength = 2_048,
            MaxBatchSize = 4_096,
            Rows = 96_000,
            Runs = 61_500,
            Shed = 2,
            Cancelled = 1,
            LastAnswerMicros = world.Ago(TimeSpan.FromSeconds(1)),
        };
        served.Batches.AddRange(new[] { (1, 48_100), (2, 8_900), (3, 2_400), (5, 1_500), (17, 540), (64, 60) }.Select(batch => new BatchCount { Rows = batch.Item1, Runs = batch.Item2 }));
        served.Aliases.AddRange(aliases);
        return served;
    }
}
