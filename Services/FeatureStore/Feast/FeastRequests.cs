using System.Diagnostics;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>Counts and times the requests to Feast's endpoints, refused ones included.</summary>
internal static class FeastRequests
{
    public static async ValueTask<object?> RecordAsync(
        FeastMetrics metrics, string endpoint, EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var started = Stopwatch.GetTimestamp();
        var isSuccess = false;
        try
        {
            var result = await next(context);
            isSuccess = result is not IStatusCodeHttpResult { StatusCode: >= StatusCodes.Status400BadRequest };
            return result;
        }
        finally
        {
            metrics.RecordRequest(endpoint, isSuccess, Stopwatch.GetElapsedTime(started));
        }
    }
}
