using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.Uploads;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>The bytes of a job: PATCH with Upload-Offset, as tus has it.</summary>
/// <remarks>
/// Rows are written while they come. The offset that is answered ends with a whole record: bytes behind it, and those that came since the last
/// batch before a broken connection, are sent again. A part may be compressed by itself; offsets count bytes after decompression.
/// </remarks>
internal static class UploadPartEndpoints
{
    public static async Task<Results<NoContent, ProblemHttpResult>> AppendAsync(
        string source,
        Guid id,
        HttpContext context,
        SourceCatalog catalog,
        UploadJobStore jobs,
        UploadJobRunner runner,
        IngestionBudget budget,
        IOptions<IngestionOptions> options,
        IOptions<UploadJobOptions> jobOptions,
        CancellationToken cancellationToken)
    {
        var request = context.Request;
        if (!string.Equals(request.ContentType, UploadJobRequest.ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return Problem(StatusCodes.Status415UnsupportedMediaType, $"Content-Type is {UploadJobRequest.ContentType}.");
        }

        if (UploadJobRequest.ReadNumber(request.Headers[UploadJobRequest.Offset]) is not ({ } offset and >= 0))
        {
            return Problem(StatusCodes.Status400BadRequest, $"{UploadJobRequest.Offset} is the number of bytes before this part.");
        }

        if (await catalog.RefreshAsync(source, cancellationToken) is not { } schema || await jobs.FindAsync(schema.SourceId, id, cancellationToken) is not { } job)
        {
            return UploadJobEndpoints.UnknownUpload(source, id);
        }

        UploadJobEndpoints.SetOffset(context.Response, job);
        if (FindFault(request, job, offset, jobOptions.Value.MaxBytes, out var length) is { } fault)
        {
            return fault;
        }

        if (job.Definition.Length is null && length is { } told)
        {
            await jobs.SetLengthAsync(id, told, cancellationToken);
        }

        if (UploadBody.Decompress(request) is not { } decompressed)
        {
            return Problem(StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding '{request.Headers.ContentEncoding}' is not understood; send identity, gzip or zstd.");
        }

        using var share = budget.TryTake(Math.Min(request.ContentLength ?? long.MaxValue, 2L * options.Value.UploadBatchBytes));
        if (share is null)
        {
            return TooMuch(context, budget.RetryAfter);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } sizeFeature)
        {
            sizeFeature.MaxRequestBodySize = null;
        }

        await using var body = new LimitedStream(decompressed, (length ?? jobOptions.Value.MaxBytes) - offset);
        return await ReadAsync(job, schema, body, length, context, jobs, runner, budget.RetryAfter, cancellationToken);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ReadAsync(
        UploadJob job,
        SourceSchema schema,
        LimitedStream body,
        long? length,
        HttpContext context,
        UploadJobStore jobs,
        UploadJobRunner runner,
        TimeSpan retryAfter,
        CancellationToken cancellationToken)
    {
        try
        {
            var after = await runner.ReadAsync(job, schema, body, () => job.Offset + body.BytesRead == length, cancellationToken);
            UploadJobEndpoints.SetOffset(context.Response, after);
            return after.State == UploadState.Failed ? Problem(StatusCodes.Status400BadRequest, after.Fault) : TypedResults.NoContent();
        }
        catch (BodyTooLargeException)
        {
            await SetOffsetAsync(context, job, jobs, cancellationToken);
            return Problem(StatusCodes.Status400BadRequest, "There are more bytes than the upload has.");
        }
        catch (Exception exception) when (UploadBody.IsCorrupt(exception))
        {
            await SetOffsetAsync(context, job, jobs, cancellationToken);
            return Problem(StatusCodes.Status400BadRequest, $"The compressed data is corrupt. Send the part again from {UploadJobRequest.Offset} on.");
        }
        catch (UploadMovedException)
        {
            await SetOffsetAsync(context, job, jobs, cancellationToken);
            return Problem(StatusCodes.Status409Conflict, "The upload was moved on or ended by another request.");
        }
        catch (NpgsqlException)
        {
            SetRetryAfter(context, retryAfter);
            return Problem(StatusCodes.Status503ServiceUnavailable, $"The event log is not reachable. Look {UploadJobRequest.Offset} up later and go on from there.");
        }
    }

    private static ProblemHttpResult? FindFault(HttpRequest request, UploadJob job, long offset, long maxBytes, out long? length)
    {
        var told = UploadJobRequest.ReadNumber(request.Headers[UploadJobRequest.Length]);
        length = job.Definition.Length ?? told;
        return job switch
        {
            { IsOpen: false } => Problem(StatusCodes.Status410Gone, job.Fault.Length > 0 ? $"The upload has failed: {job.Fault}" : $"The upload has ended: {job.State}."),
            _ when offset != job.Offset => Problem(StatusCodes.Status409Conflict, $"The upload is at {job.Offset}, not at {offset}."),
            _ when told is < 0 || told > maxBytes || (told ?? length) != length || length < offset =>
                Problem(StatusCodes.Status400BadRequest, $"{UploadJobRequest.Length} is a number of bytes, at most {maxBytes} and not below the offset, and does not change."),
            _ => null,
        };
    }

    private static async Task SetOffsetAsync(HttpContext context, UploadJob job, UploadJobStore jobs, CancellationToken cancellationToken)
    {
        if (await jobs.FindAsync(job.SourceId, job.Id, cancellationToken) is { } current)
        {
            UploadJobEndpoints.SetOffset(context.Response, current);
        }
    }

    private static ProblemHttpResult TooMuch(HttpContext context, TimeSpan retryAfter)
    {
        SetRetryAfter(context, retryAfter);
        return Problem(StatusCodes.Status429TooManyRequests, "Too much is in flight; retry later.");
    }

    private static void SetRetryAfter(HttpContext context, TimeSpan retryAfter) => UploadEndpoints.SetRetryAfter(context, retryAfter);

    private static ProblemHttpResult Problem(int statusCode, string detail) => TypedResults.Problem(detail, statusCode: statusCode);
}
