using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeInference(FlightsWorld world) : Prediction.PredictionBase
{
    public override Task<GetServingStatusResponse> GetServingStatus(GetServingStatusRequest request, ServerCallContext context)
    {
        var response = new GetServingStatusResponse { ExecutionProvider = "CPUExecutionProvider" };
        response.Models.Add(Served(7, ["champion"], 84_120, FlightsWorld.PredictionsPerSecond * 0.9));
        response.Models.Add(Served(8, ["challenger"], 9_311, FlightsWorld.PredictionsPerSecond * 0.1));
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
            PredictionsPerSecond = perSecond,
        };
        served.Aliases.AddRange(aliases);
        return served;
    }
}
