using System.Text.Json;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.WebUtilities;

namespace CloudNativeAi.Inference.Rest;

/// <summary>
/// The one place where a refusal becomes an HTTP answer: <c>{"error": "..."}</c>, as the Open Inference Protocol and TensorFlow
/// Serving have it, or TorchServe's shape below its paths.
/// </summary>
internal sealed partial class ProtocolErrors(RequestDelegate next, ILogger<ProtocolErrors> logger)
{
    private const int ClientClosedRequest = 499;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { StatusCode: >= 400, HasStarted: false, ContentLength: null, ContentType: null } response)
            {
                await WriteAsync(context, response.StatusCode, $"{ReasonPhrases.GetReasonPhrase(response.StatusCode)}: {context.Request.Method} {context.Request.Path}");
            }
        }
        catch (InferenceException exception)
        {
            await WriteAsync(context, ToStatusCode(exception.Kind), exception.Message);
        }
        catch (BadHttpRequestException exception)
        {
            await WriteAsync(context, exception.StatusCode, exception.Message);
        }
        catch (JsonException exception)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, $"failed to parse the request JSON: {exception.Message}");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = ClientClosedRequest;
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            var reference = RequestTrace.ReferenceOf(context);
            LogFailed(exception, context.Request.Path, reference);
            await WriteAsync(context, StatusCodes.Status500InternalServerError, $"An internal error occurred; the service's log has it under {reference}.");
        }
    }

    private static int ToStatusCode(InferenceErrorKind kind) => kind switch
    {
        InferenceErrorKind.InvalidArgument => StatusCodes.Status400BadRequest,
        InferenceErrorKind.NotFound => StatusCodes.Status404NotFound,
        InferenceErrorKind.FailedPrecondition => StatusCodes.Status422UnprocessableEntity,
        InferenceErrorKind.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        InferenceErrorKind.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        InferenceErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        InferenceErrorKind.Unsupported => StatusCodes.Status501NotImplemented,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static async Task WriteAsync(HttpContext context, int status, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        using var json = new PooledBuffer(512);
        await using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            if (TorchServeEndpoints.Owns(context.Request.Path))
            {
                writer.WriteNumber("code"u8, status);
                writer.WriteString("type"u8, ReasonPhrases.GetReasonPhrase(status));
                writer.WriteString("message"u8, message);
            }
            else
            {
                writer.WriteString("error"u8, message);
            }

            writer.WriteEndObject();
        }

        await RestBody.WriteJsonAsync(context, json.Written);
    }

    [LoggerMessage(LogLevel.Error, "{Path} failed ({Reference})")]
    private partial void LogFailed(Exception exception, string path, string reference);
}
