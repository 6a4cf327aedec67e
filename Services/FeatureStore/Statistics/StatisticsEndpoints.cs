using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.FeatureStore.Statistics;

internal static class StatisticsEndpoints
{
    public static void MapStatistics(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<StatisticsGrpcService>();
        routes.MapGet("/v1/feature-views/{view}/statistics", GetAsync).WithName("GetFeatureViewStatistics").WithTags("Statistics");
    }

    /// <param name="asOf">RFC 3339; absent: now.</param>
    private static async Task<Results<Ok<FeatureViewSummary>, ProblemHttpResult>> GetAsync(
        string view, DateTimeOffset? asOf, int? bins, int? topValues, FeatureViewStatisticsQuery query, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var instant = asOf is { } given ? Micros.Of(given) : Micros.Now(timeProvider);
        if (StatisticsRequest.FindFault(instant, bins ?? 0, topValues ?? 0) is { } fault)
        {
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        return await query.RunAsync(view, instant, StatisticsRequest.Bins(bins ?? 0), StatisticsRequest.TopValues(topValues ?? 0), cancellationToken) is { } summary
            ? TypedResults.Ok(summary)
            : TypedResults.Problem($"There is no feature view '{view}'.", statusCode: StatusCodes.Status404NotFound);
    }
}
