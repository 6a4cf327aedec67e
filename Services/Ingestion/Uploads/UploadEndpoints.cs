using System.Globalization;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Npgsql;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Events by HTTP.</summary>
internal static partial class UploadEndpoints
{
    public static void MapUploads(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/sources/{source}/events", UploadAsync)
            .WithTags("Events")
            .WithName("UploadEvents")
            .WithSummary("Appends events: a JSON array or object, NDJSON, CSV, Parquet or CloudEvents; gzip and zstd are understood.")
            .Produces<UploadResult>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status415UnsupportedMediaType)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<Results<Ok<UploadResult>, ProblemHttpResult>> UploadAsync(
        string source,
        HttpContext context,
        UploadReader reader,
        IngestionBudget budget,
        IOptions<IngestionOptions> options,
        ILogger<UploadReader> logger,
        CancellationToken cancellationToken,
        [FromQuery(Name = "on_invalid")] string? onInvalid = null,
        [FromQuery] string? delimiter = null,
        [FromQuery(Name = "null")] string? nullText = null,
        [FromQuery] string? header = null)
    {
        if (UploadFormats.Of(context.Request) is not { } format)
        {
            return Problem(StatusCodes.Status415UnsupportedMediaType, $"Content-Type '{context.Request.ContentType}' is not understood; send {UploadFormats.Supported}.");
        }

        if (UploadQuery.Parse(onInvalid, delimiter, nullText, header ?? HeaderParameter(context.Request), out var fault) is not { } query)
        {
            return Problem(StatusCodes.Status400BadRequest, fault);
        }

        // The limit is checked here, after decompression; the server then still takes in what is left and the client gets its answer.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } sizeFeature)
        {
            sizeFeature.MaxRequestBodySize = null;
        }

        var limit = format.MaxBodyBytes(options.Value);
        if (context.Request.ContentLength > limit)
        {
            return TooLarge(limit);
        }

        using var share = budget.TryTake(Math.Min(context.Request.ContentLength ?? long.MaxValue, 2L * options.Value.UploadBatchBytes));
        if (share is null)
        {
            return TooMuch(context, budget.RetryAfter);
        }

        await using (var upload = await reader.StartAsync(source, query.OnInvalid, cancellationToken))
        {
            if (upload is null)
            {
                return SourceEndpoints.UnknownSource(source);
            }

            try
            {
                var opened = await UploadBody.OpenAsync(context.Request, format, limit, cancellationToken);
                if (opened.Body is not { } body)
                {
                    return Problem(StatusCodes.Status415UnsupportedMediaType, opened.Fault);
                }

                await using var _ = body;
                var malformed = await reader.ReadAsync(format, body, upload, query, context.Request.Headers, cancellationToken);
                return malformed is null
                    ? ToResponse(await upload.CompleteAsync(cancellationToken))
                    : Malformed(malformed, await upload.AbortAsync(cancellationToken));
            }
            catch (TooMuchInFlightException)
            {
                return TooMuch(context, budget.RetryAfter);
            }
            catch (BodyTooLargeException exception)
            {
                return TooLarge(exception.Limit, await upload.AbortAsync(cancellationToken));
            }
            catch (Exception exception) when (UploadBody.IsCorrupt(exception))
            {
                return Malformed(new MalformedBody(0, upload.Received, "the compressed data is corrupt"), await upload.AbortAsync(cancellationToken));
            }
            catch (NpgsqlException exception)
            {
                LogNotWritten(logger, exception, source);
                return StoreLost(context, upload.Result, budget.RetryAfter);
            }
        }
    }

    private static Results<Ok<UploadResult>, ProblemHttpResult> ToResponse(UploadResult result) =>
        result.Refused == 0
            ? TypedResults.Ok(result)
            : Problem(StatusCodes.Status422UnprocessableEntity, $"{result.InvalidTotal} of {result.Received} rows are invalid; nothing was written. {Describe(result)}", result);

    private static string Describe(UploadResult result)
    {
        var first = result.Invalid[0];
        var line = first.Line is { } number ? string.Create(CultureInfo.InvariantCulture, $" (line {number})") : "";
        var field = first.Field.Length > 0 ? $", field '{first.Field}'" : "";
        return $"Row {first.Row}{line}{field}: {first.Reason}.";
    }

    private static ProblemHttpResult Malformed(MalformedBody malformed, UploadResult kept)
    {
        var line = malformed.Line > 0 ? $", line {malformed.Line}" : "";
        var fate = kept.Accepted + kept.Duplicates + kept.DeadLettered > 0
            ? $"The {kept.Received} rows before it were kept: {kept.Accepted} accepted, {kept.Duplicates} duplicates, {kept.DeadLettered} dead-lettered."
            : "Nothing was written.";
        return Problem(StatusCodes.Status400BadRequest, $"Row {malformed.Row}{line}: {malformed.Reason}. {fate}", kept);
    }

    private static ProblemHttpResult TooLarge(long limit, UploadResult? kept = null) =>
        Problem(
            StatusCodes.Status413PayloadTooLarge,
            $"The body is larger than {limit} bytes. Send application/x-ndjson or text/csv, which are read in batches, or several requests."
            + (kept is { Accepted: > 0 } ? $" {kept.Accepted} rows were accepted before the limit was met." : " Nothing was written."),
            kept);

    private static ProblemHttpResult TooMuch(HttpContext context, TimeSpan retryAfter)
    {
        SetRetryAfter(context, retryAfter);
        return Problem(StatusCodes.Status429TooManyRequests, "Too much is in flight; retry later.");
    }

    private static ProblemHttpResult StoreLost(HttpContext context, UploadResult kept, TimeSpan retryAfter)
    {
        SetRetryAfter(context, retryAfter);
        return Problem(
            StatusCodes.Status503ServiceUnavailable, "The event log is not reachable. Send the same body again later: what was written already counts as duplicates then.", kept);
    }

    // RFC 4180: text/csv; header=absent
    private static string? HeaderParameter(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var contentType)
            ? contentType.Parameters.FirstOrDefault(parameter => parameter.Name.Equals("header", StringComparison.OrdinalIgnoreCase))?.Value.ToString()
            : null;

    public static void SetRetryAfter(HttpContext context, TimeSpan retryAfter) =>
        context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private static ProblemHttpResult Problem(int statusCode, string detail, UploadResult? result = null) =>
        TypedResults.Problem(detail, statusCode: statusCode, extensions: result is null ? null : new Dictionary<string, object?> { ["result"] = result });

    [LoggerMessage(LogLevel.Warning, "An upload to source {Source} was not written")]
    private static partial void LogNotWritten(ILogger logger, Exception exception, string source);
}
