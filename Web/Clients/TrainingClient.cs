using CloudNativeAi.Contracts.Training;

namespace CloudNativeAi.Web.Clients;

public sealed class TrainingClient(TrainingJobs.TrainingJobsClient jobs, CallDeadlines deadlines)
{
    public const string Name = "Training";
    private const int JobsShown = 100;

    public async Task<ListJobsResponse> ListJobsAsync(CancellationToken cancellationToken) =>
        await jobs.ListJobsAsync(new ListJobsRequest { PageSize = JobsShown }, deadlines.ForStatus(cancellationToken));

    public async Task<Job> GetJobAsync(string id, CancellationToken cancellationToken) =>
        await jobs.GetJobAsync(new GetJobRequest { Id = id }, deadlines.ForPage(cancellationToken));

    public async Task<Job> CancelJobAsync(string id, CancellationToken cancellationToken) =>
        await jobs.CancelJobAsync(new CancelJobRequest { Id = id }, deadlines.ForPage(cancellationToken));
}
