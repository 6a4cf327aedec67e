using System.Text.Json;
using CloudNativeAi.FeatureStore.Retrieval;
using Grpc.Core;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>A request that Feast's server refuses in its own way.</summary>
/// <param name="feastClass">The class by which Feast's clients know the fault.</param>
internal sealed class FeastException(int status, string feastClass, string message) : Exception(message)
{
    public int Status => status;

    public string FeastClass => feastClass;

    public static FeastException Invalid(string message) => new(StatusCodes.Status400BadRequest, "ValueError", message);
}

/// <summary>Faults as Feast's clients parse them, translated once for all of its endpoints.</summary>
internal static class FeastErrors
{
    public const string JsonType = "application/json";

    public static async ValueTask<object?> TranslateAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (JsonException exception)
        {
            return MalformedBody(exception);
        }
        catch (FeastException exception)
        {
            return Fault(exception.Status, exception.FeastClass, exception.Message);
        }
        catch (RetrievalException exception)
        {
            return Fault(StatusOf(exception.Fault), exception.FeastClass, exception.Message);
        }
        catch (RpcException exception) when (StatusOf(exception.StatusCode) is { } status && !context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            context.HttpContext.Response.Headers.RetryAfter = status == StatusCodes.Status400BadRequest ? default : "1";
            return Fault(status, status == StatusCodes.Status400BadRequest ? "ValueError" : "IngestionUnavailableException", exception.Status.Detail);
        }
    }

    // Feast's error envelope: a JSON string that holds JSON. Its clients raise the class named there.
    private static IResult Fault(int status, string feastClass, string message)
    {
        var envelope = JsonSerializer.Serialize(new { module = feastClass == "ValueError" ? "builtins" : "feast.errors", @class = feastClass, message });
        return Results.Text(JsonSerializer.Serialize(envelope), JsonType, statusCode: status);
    }

    // As FastAPI says it.
    private static IResult MalformedBody(JsonException exception) => Results.Json(
        new { detail = new[] { new { loc = new[] { "body", exception.Path ?? "" }, msg = exception.Message, type = "value_error" } } },
        statusCode: StatusCodes.Status422UnprocessableEntity);

    private static int StatusOf(RetrievalFault fault) => fault switch
    {
        RetrievalFault.NotFound => StatusCodes.Status404NotFound,
        RetrievalFault.NotReady => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    // What Ingestion says about a push.
    private static int? StatusOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded => StatusCodes.Status503ServiceUnavailable,
        _ => null,
    };
}
