using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Monitoring.Validation;

internal static class HttpProblems
{
    public static ProblemHttpResult Invalid(Problem problem) =>
        TypedResults.Problem($"{problem.Field}: {problem.Reason}", statusCode: StatusCodes.Status400BadRequest, title: "The request is invalid");

    public static ProblemHttpResult NotFound(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status404NotFound);
}
