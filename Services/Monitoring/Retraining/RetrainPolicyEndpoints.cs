using CloudNativeAi.Monitoring.Validation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Monitoring.Retraining;

internal static class RetrainPolicyEndpoints
{
    public static void MapRetrainPolicyEndpoints(this IEndpointRouteBuilder routes)
    {
        var policies = routes.MapGroup("/v1/models/{model}/retrain-policy").WithTags("Retraining");

        policies.MapPut("/", PutAsync).WithName("PutRetrainPolicy");
        policies.MapGet("/", GetAsync).WithName("GetRetrainPolicy");
    }

    private static async Task<Results<Ok<RetrainPolicyDocument>, ProblemHttpResult>> PutAsync(
        string model, RetrainPolicyDocument document, RetrainPolicies policies, CancellationToken cancellationToken)
    {
        var policy = document.ToContract(model);
        if (RetrainPolicyDefaults.Check(policy) is { } problem)
        {
            return HttpProblems.Invalid(problem);
        }

        return TypedResults.Ok(RetrainPolicyDocument.From(await policies.PutAsync(policy, cancellationToken)));
    }

    private static async Task<Results<Ok<RetrainPolicyDocument>, ProblemHttpResult>> GetAsync(
        string model, RetrainPolicies policies, CancellationToken cancellationToken)
    {
        if (Rules.ModelName("model", model) is { } problem)
        {
            return HttpProblems.Invalid(problem);
        }

        return await policies.FindAsync(model, cancellationToken) is { } policy
            ? TypedResults.Ok(RetrainPolicyDocument.From(policy))
            : HttpProblems.NotFound($"The model '{model}' has no retrain policy.");
    }
}
