using System.Globalization;
using System.Runtime.CompilerServices;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using CloudNativeAi.Ingestion.Uploads;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>Long uploads as jobs: made, looked up, cancelled. <see cref="UploadPartEndpoints"/> has their bytes.</summary>
internal static class UploadJobEndpoints
{
    private static readonly TimeSpan RetryCreationAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    public static void MapUploadJobs(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<InputGrpcService>();
        var jobs = routes.MapGroup("/v1/sources/{source}/uploads").WithTags("Uploads").AddEndpointFilter(SetVersionAsync);
        jobs.MapPost("/", CreateAsync).WithName("CreateUpload").WithSummary("Makes an upload that can be resumed: NDJSON or CSV; tus 1.0 headers.");
        jobs.MapGet("/", ListAsync).WithName("ListUploads");
        jobs.MapGet("/{id:guid}", GetAsync).WithName("GetUpload");
        jobs.MapGet("/{id:guid}/progress", FollowAsync).WithName("FollowUpload").WithSummary("Server-sent events, one whenever the job moves, until it ends.");
        jobs.MapMethods("/{id:guid}", [HttpMethods.Head], HeadAsync).WithName("GetUploadOffset");
        jobs.MapPatch("/{id:guid}", UploadPartEndpoints.AppendAsync).WithName("AppendToUpload");
        jobs.MapDelete("/{id:guid}", CancelAsync).WithName("CancelUpload");
    }

    public static ProblemHttpResult UnknownUpload(string source, Guid id) =>
        TypedResults.Problem($"Source '{source}' has no upload {id}.", statusCode: StatusCodes.Status404NotFound);

    public static void SetOffset(HttpResponse response, UploadJob job)
    {
        response.Headers[UploadJobRequest.Offset] = job.Offset.ToString(CultureInfo.InvariantCulture);
        if (job.Definition.Length is { } length)
        {
            response.Headers[UploadJobRequest.Length] = length.ToString(CultureInfo.InvariantCulture);
        }

        response.Headers.CacheControl = "no-store";
    }

    private static ValueTask<object?> SetVersionAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        context.HttpContext.Response.Headers["Tus-Resumable"] = UploadJobRequest.Version;
        return next(context);
    }

    private static async Task<Results<Created<UploadJobDocument>, ProblemHttpResult>> CreateAsync(
        string source,
        HttpContext context,
        SourceCatalog catalog,
        UploadJobStore jobs,
        IOptions<UploadJobOptions> options,
        CancellationToken cancellationToken,
        [FromQuery] string? format = null,
        [FromQuery] string? delimiter = null,
        [FromQuery(Name = "null")] string? nullText = null,
        [FromQuery] string? header = null)
    {
        if (UploadJobRequest.ReadDefinition(context.Request, format, delimiter, nullText, header, options.Value.MaxBytes, out var fault) is not { } definition)
        {
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        if (await jobs.CreateAsync(schema.SourceId, definition, cancellationToken) is not { } job)
        {
            UploadEndpoints.SetRetryAfter(context, RetryCreationAfter);
            return TypedResults.Problem($"Source '{source}' has {options.Value.MaxOpen} open uploads already.", statusCode: StatusCodes.Status429TooManyRequests);
        }

        if (job.Definition with { Length = definition.Length } != definition || (definition.Length ?? job.Definition.Length) != job.Definition.Length)
        {
            return TypedResults.Problem($"There is an upload with the key '{definition.Key}' and other parameters.", statusCode: StatusCodes.Status409Conflict);
        }

        SetOffset(context.Response, job);
        return TypedResults.Created($"/v1/sources/{source}/uploads/{job.Id}", UploadJobDocument.From(job));
    }

    private static async Task<Results<Ok<UploadJobPage>, ProblemHttpResult>> ListAsync(
        string source,
        SourceCatalog catalog,
        UploadJobStore jobs,
        CancellationToken cancellationToken,
        [FromQuery(Name = "page_size")] int pageSize = PageSize.Default,
        [FromQuery(Name = "page_token")] Guid? pageToken = null)
    {
        if (pageSize is < 1 or > PageSize.Max)
        {
            return TypedResults.Problem($"page_size is between 1 and {PageSize.Max}.", statusCode: StatusCodes.Status400BadRequest);
        }

        if (await catalog.FindAsync(source, cancellationToken) is not { } schema)
        {
            return SourceEndpoints.UnknownSource(source);
        }

        UploadJob? before = null;
        if (pageToken is { } last && (before = await jobs.FindAsync(schema.SourceId, last, cancellationToken)) is null)
        {
            return TypedResults.Problem("page_token is not one that this service gave.", statusCode: StatusCodes.Status400BadRequest);
        }

        var page = await jobs.ListAsync(schema.SourceId, before, pageSize, cancellationToken);
        return TypedResults.Ok(new UploadJobPage([.. page.Select(UploadJobDocument.From)], page.Count == pageSize ? page[^1].Id.ToString() : null));
    }

    private static async Task<Results<Ok<UploadJobDocument>, ProblemHttpResult>> GetAsync(
        string source, Guid id, HttpContext context, SourceCatalog catalog, UploadJobStore jobs, CancellationToken cancellationToken)
    {
        if (await FindAsync(source, id, catalog, jobs, cancellationToken) is not { } job)
        {
            return UnknownUpload(source, id);
        }

        SetOffset(context.Response, job);
        return TypedResults.Ok(UploadJobDocument.From(job));
    }

    private static async Task<Results<Ok, ProblemHttpResult>> HeadAsync(
        string source, Guid id, HttpContext context, SourceCatalog catalog, UploadJobStore jobs, CancellationToken cancellationToken)
    {
        if (await FindAsync(source, id, catalog, jobs, cancellationToken) is not { } job)
        {
            return UnknownUpload(source, id);
        }

        SetOffset(context.Response, job);
        return TypedResults.Ok();
    }

    private static async Task<Results<ServerSentEventsResult<UploadJobDocument>, ProblemHttpResult>> FollowAsync(
        string source, Guid id, SourceCatalog catalog, UploadJobStore jobs, ReaderSlots slots, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        if (await FindAsync(source, id, catalog, jobs, cancellationToken) is not { } job)
        {
            return UnknownUpload(source, id);
        }

        return slots.TryTake() is { } slot
            ? TypedResults.ServerSentEvents(ProgressAsync(job, slot, jobs, timeProvider, cancellationToken), "progress")
            : TypedResults.Problem("As many readers are open as may be; look the upload up instead.", statusCode: StatusCodes.Status429TooManyRequests);
    }

    private static async IAsyncEnumerable<UploadJobDocument> ProgressAsync(
        UploadJob job, IDisposable slot, UploadJobStore jobs, TimeProvider timeProvider, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (slot)
        {
            yield return UploadJobDocument.From(job);
            while (job.IsOpen)
            {
                await Task.Delay(ProgressInterval, timeProvider, cancellationToken);
                if (await jobs.FindAsync(job.SourceId, job.Id, cancellationToken) is not { } current)
                {
                    yield break;
                }

                if (current != job)
                {
                    job = current;
                    yield return UploadJobDocument.From(job);
                }
            }
        }
    }

    /// <summary>What was written stays written. Cancelling again changes nothing.</summary>
    private static async Task<Results<NoContent, ProblemHttpResult>> CancelAsync(
        string source, Guid id, SourceCatalog catalog, UploadJobStore jobs, CancellationToken cancellationToken)
    {
        if (await FindAsync(source, id, catalog, jobs, cancellationToken) is not { } open || await jobs.CancelAsync(open, cancellationToken) is not { } job)
        {
            return UnknownUpload(source, id);
        }

        return job.State == UploadState.Cancelled ? TypedResults.NoContent() : TypedResults.Problem($"The upload has ended already: {job.State}.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<UploadJob?> FindAsync(string source, Guid id, SourceCatalog catalog, UploadJobStore jobs, CancellationToken cancellationToken) =>
        await catalog.FindAsync(source, cancellationToken) is { } schema ? await jobs.FindAsync(schema.SourceId, id, cancellationToken) : null;
}
