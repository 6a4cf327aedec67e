using CloudNativeAi.Contracts.Training;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CloudNativeAi.Training.Jobs;

internal static class JobEndpoints
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1_000;

    public static RouteGroupBuilder MapJobEndpoints(this IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/v1/jobs").WithTags("Jobs");

        jobs.MapGet("/", ListAsync).WithName("ListJobs");
        jobs.MapGet("/queue", QueueAsync).WithName("GetQueue");
        jobs.MapGet("/{id:guid}", GetAsync).WithName("GetJob");
        jobs.MapPost("/", SubmitAsync).WithName("SubmitJob");
        jobs.MapPost("/{id:guid}/cancel", CancelAsync).WithName("CancelJob");

        return jobs;
    }

    private static async Task<Results<Ok<JobListView>, ProblemHttpResult>> ListAsync(
        JobStore jobs, CancellationToken cancellationToken, string? model = null, int pageSize = DefaultPageSize)
    {
        if (pageSize is < 1 or > MaxPageSize)
        {
            return TypedResults.Problem($"pageSize must be between 1 and {MaxPageSize}.", statusCode: StatusCodes.Status400BadRequest);
        }

        var list = await jobs.ListAsync(model ?? "", pageSize, cancellationToken);
        return TypedResults.Ok(new JobListView([.. list.Select(JobView.From)]));
    }

    private static async Task<Ok<QueueView>> QueueAsync(JobQueue queue, CancellationToken cancellationToken) =>
        TypedResults.Ok(new QueueView(await queue.CountAsync(cancellationToken)));

    private static async Task<Results<Ok<JobView>, NotFound>> GetAsync(Guid id, JobStore jobs, CancellationToken cancellationToken) =>
        await jobs.FindAsync(id, cancellationToken) is { } row ? TypedResults.Ok(JobView.From(row.Job)) : TypedResults.NotFound();

    // 202: the job is durable in the queue, and has not begun.
    private static async Task<Results<Accepted<JobView>, ProblemHttpResult>> SubmitAsync(
        SubmitJobView body, JobStore jobs, CancellationToken cancellationToken)
    {
        SubmitJobRequest request = body.ToRequest();
        if (JobRequests.FindFault(request) is { } fault)
        {
            return TypedResults.Problem(fault, statusCode: StatusCodes.Status400BadRequest);
        }

        return await jobs.SubmitAsync(request, cancellationToken) is { } job
            ? TypedResults.Accepted($"/v1/jobs/{job.Id}", JobView.From(job))
            : TypedResults.Problem("The job queue is full; retry when jobs have ended.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<JobView>, NotFound>> CancelAsync(Guid id, JobStore jobs, CancellationToken cancellationToken) =>
        await jobs.CancelAsync(id, cancellationToken) is { } job ? TypedResults.Ok(JobView.From(job)) : TypedResults.NotFound();
}
