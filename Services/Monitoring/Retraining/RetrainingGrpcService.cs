using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.Retraining;

internal sealed class RetrainingGrpcService(RetrainPolicies policies, RetrainRequests requests) : Contracts.Monitoring.Retraining.RetrainingBase
{
    public override async Task<RetrainPolicy> PutRetrainPolicy(PutRetrainPolicyRequest request, ServerCallContext context)
    {
        var policy = request.Policy ?? throw GrpcErrors.Invalid("policy: is required.");
        GrpcErrors.ThrowIf(RetrainPolicyDefaults.Check(policy));

        return await policies.PutAsync(policy, context.CancellationToken);
    }

    public override async Task<RetrainPolicy> GetRetrainPolicy(GetRetrainPolicyRequest request, ServerCallContext context)
    {
        GrpcErrors.ThrowIf(Rules.ModelName("model_name", request.ModelName));

        return await policies.FindAsync(request.ModelName, context.CancellationToken)
            ?? throw GrpcErrors.NotFound($"The model '{request.ModelName}' has no retrain policy.");
    }

    public override async Task<ListRetrainRequestsResponse> ListRetrainRequests(ListRetrainRequestsRequest request, ServerCallContext context)
    {
        GrpcErrors.ThrowIf(request.ModelName.Length == 0 ? null : Rules.ModelName("model_name", request.ModelName));
        var pageSize = PageSize.Of(request.PageSize);

        var response = new ListRetrainRequestsResponse();
        response.Requests.AddRange(await requests.ListAsync(request.ModelName, request.BeforeId, pageSize, context.CancellationToken));
        return response;
    }
}
