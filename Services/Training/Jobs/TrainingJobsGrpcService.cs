using CloudNativeAi.Contracts.Training;
using Grpc.Core;

namespace CloudNativeAi.Training.Jobs;

internal sealed class TrainingJobsGrpcService(JobStore jobs, TimeProvider timeProvider) : TrainingJobs.TrainingJobsBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1_000;

    // A primary-key look-up; NOTIFY would save it, and cost each process a connection of its own.
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    public override async Task<Job> SubmitJob(SubmitJobRequest request, ServerCallContext context)
    {
        if (JobRequests.FindFault(request) is { } fault)
        {
            throw Invalid(fault);
        }

        return await jobs.SubmitAsync(request, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "The job queue is full; retry when jobs have ended."));
    }

    public override async Task<Job> GetJob(GetJobRequest request, ServerCallContext context) =>
        (await jobs.FindAsync(ParseId(request.Id), context.CancellationToken))?.Job ?? throw NotFound(request.Id);

    public override async Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
        {
            throw Invalid($"page_size must be between 0 (for {DefaultPageSize}) and {MaxPageSize}.");
        }

        var limit = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        return new ListJobsResponse { Jobs = { await jobs.ListAsync(request.ModelName, limit, context.CancellationToken) } };
    }

    public override async Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context) =>
        await jobs.CancelAsync(ParseId(request.Id), context.CancellationToken) ?? throw NotFound(request.Id);

    public override async Task WatchJob(GetJobRequest request, IServerStreamWriter<Job> responseStream, ServerCallContext context)
    {
        var id = ParseId(request.Id);
        var row = await jobs.FindAsync(id, context.CancellationToken) ?? throw NotFound(request.Id);
        await responseStream.WriteAsync(row.Job, context.CancellationToken);

        using var timer = new PeriodicTimer(WatchInterval, timeProvider);
        while (!row.HasEnded && await timer.WaitForNextTickAsync(context.CancellationToken))
        {
            if (await jobs.FindAsync(id, context.CancellationToken, row.Revision) is { } changed)
            {
                row = changed;
                await responseStream.WriteAsync(row.Job, context.CancellationToken);
            }
        }
    }

    private static Guid ParseId(string id) => Guid.TryParse(id, out var guid) ? guid : throw Invalid($"'{id}' is not a job id.");

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.InvalidArgument, detail));

    private static RpcException NotFound(string id) => new(new Status(StatusCode.NotFound, $"There is no job '{id}'."));
}
