using CloudNativeAi.Contracts.Monitoring;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeRetraining(FlightsWorld world) : Retraining.RetrainingBase
{
    public override Task<RetrainPolicy> GetRetrainPolicy(GetRetrainPolicyRequest request, ServerCallContext context) =>
        request.ModelName == FlightsWorld.Model
            ? Task.FromResult(new RetrainPolicy
            {
                ModelName = request.ModelName, Enabled = true, OnDrift = true, DriftShare = 0.3, MinimumAuc = 0.68, CooldownSeconds = 21_600, BudgetPerDay = 2,
                FeatureService = "flight_delay", Label = "late_arrival", Trainer = "lightgbm", UpdatedMicros = world.Ago(TimeSpan.FromDays(4)),
            })
            : throw new RpcException(new Status(StatusCode.NotFound, $"The model '{request.ModelName}' has no retrain policy."));

    public override Task<ListRetrainRequestsResponse> ListRetrainRequests(ListRetrainRequestsRequest request, ServerCallContext context)
    {
        var response = new ListRetrainRequestsResponse();
        response.Requests.Add(new RetrainRequest
        {
            Id = 4, ModelName = request.ModelName, AlertId = 9, State = "submitted", Reason = "7 of 18 inputs drift.", JobId = "0199f3b1-job-000009",
            CreatedMicros = world.Ago(TimeSpan.FromMinutes(2)), SubmittedMicros = world.Ago(TimeSpan.FromMinutes(2)),
        });
        response.Requests.Add(new RetrainRequest
        {
            Id = 3, ModelName = request.ModelName, AlertId = 8, State = "suppressed", Reason = "6 of 18 inputs drift.", Detail = "Cool-down until 14:00 UTC.", CreatedMicros = world.Ago(TimeSpan.FromHours(5)),
        });
        return Task.FromResult(response);
    }
}
