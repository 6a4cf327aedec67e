using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Training.Telemetry;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CloudNativeAi.Training.Jobs;

/// <summary>Runs one job under its lease, and settles how it ended.</summary>
internal sealed partial class JobRunner(
    JobQueue queue,
    IServiceScopeFactory scopes,
    TrainingMetrics metrics,
    IOptions<JobOptions> options,
    TimeProvider timeProvider,
    ILogger<JobRunner> logger)
{
    public async Task RunAsync(LeasedJob lease, CancellationToken stoppingToken)
    {
        var context = new JobContext(lease);
        var started = timeProvider.GetTimestamp();
        using var activity = TrainingMetrics.Activities.StartActivity("training.job");
        using var job = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var heart = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var timeout = new CancellationTokenSource(options.Value.Timeout, timeProvider);
        using var timeoutRegistration = timeout.Token.Register(job.Cancel);
        var heartbeats = BeatAsync(context, job, heart.Token);
        LogStarted(lease.Id, lease.Job.Attempt);

        Exception? failure = null;
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IJobExecutor>().ExecuteAsync(context, job.Token);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        await heart.CancelAsync();
        var answer = await heartbeats;
        var end = await SettleAsync(context, failure, answer, timeout.IsCancellationRequested, stoppingToken);
        metrics.RecordJob(lease.Job.Request.SpecCase.ToString(), end, timeProvider.GetElapsedTime(started));
        LogEnded(lease.Id, end, timeProvider.GetElapsedTime(started).TotalSeconds);
    }

    private async Task<string> SettleAsync(JobContext context, Exception? failure, HeartbeatAnswer answer, bool timedOut, CancellationToken stoppingToken)
    {
        // What has to be written now is written even while the process stops.
        using var writing = new CancellationTokenSource(TimeSpan.FromSeconds(10), timeProvider);
        var stage = context.Progress.Stage;
        switch (failure)
        {
            case null:
                var ended = await queue.EndAsync(context.Lease, JobState.Succeeded, "done", "", context.Result, writing.Token);
                return ended ? "succeeded" : "lease_lost";

            case not null when answer == HeartbeatAnswer.LeaseLost:
                return "lease_lost";

            case not null when answer == HeartbeatAnswer.Cancel:
                await queue.EndAsync(context.Lease, JobState.Cancelled, "cancelled", "", context.Result, writing.Token);
                return "cancelled";

            case not null when stoppingToken.IsCancellationRequested:
                await queue.ReleaseAsync(context.Lease, context.Result, writing.Token);
                return "released";

            case not null when timedOut:
                await queue.EndAsync(context.Lease, JobState.Failed, "failed", $"The job ran longer than {options.Value.Timeout}; it was at '{stage}'.", context.Result, writing.Token);
                return "failed";

            case JobFailedException:
                LogFailed(context.Lease.Id, stage, failure.Message);
                await queue.EndAsync(context.Lease, JobState.Failed, "failed", failure.Message, context.Result, writing.Token);
                return "failed";

            case RpcException { StatusCode: not (StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Aborted or StatusCode.ResourceExhausted or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled) } refused:
                LogFailed(context.Lease.Id, stage, refused.Status.Detail);
                await queue.EndAsync(context.Lease, JobState.Failed, "failed", $"At '{stage}': {refused.Status.Detail}", context.Result, writing.Token);
                return "failed";

            default:
                LogBroken(failure, context.Lease.Id, stage);
                var reason = failure is RpcException rpc ? rpc.Status.Detail : failure.Message;
                return await queue.RetryLaterAsync(context.Lease, $"At '{stage}': {reason}", context.Result, writing.Token) ? "retried" : "failed";
        }
    }

    private async Task<HeartbeatAnswer> BeatAsync(JobContext context, CancellationTokenSource job, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.Heartbeat, timeProvider);
        var lastSuccess = timeProvider.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    var (stage, progress) = context.Progress;
                    var answer = await queue.HeartbeatAsync(context.Lease, stage, progress, context.Result, cancellationToken);
                    lastSuccess = timeProvider.GetTimestamp();
                    if (answer != HeartbeatAnswer.GoOn)
                    {
                        await job.CancelAsync();
                        return answer;
                    }
                }
                catch (NpgsqlException exception)
                {
                    // Without the database nobody else can take the job either; but once it is back, somebody may have.
                    LogHeartbeatFailed(exception, context.Lease.Id);
                    if (timeProvider.GetElapsedTime(lastSuccess) > options.Value.Lease)
                    {
                        await job.CancelAsync();
                        return HeartbeatAnswer.LeaseLost;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The job ended or the process stops.
        }

        return HeartbeatAnswer.GoOn;
    }

    [LoggerMessage(LogLevel.Information, "Job {JobId} started, attempt {Attempt}")]
    private partial void LogStarted(Guid jobId, int attempt);

    [LoggerMessage(LogLevel.Information, "Job {JobId} {End} after {Seconds:F1} s")]
    private partial void LogEnded(Guid jobId, string end, double seconds);

    [LoggerMessage(LogLevel.Warning, "Job {JobId} failed at '{Stage}': {Reason}")]
    private partial void LogFailed(Guid jobId, string stage, string reason);

    [LoggerMessage(LogLevel.Error, "Job {JobId} broke at '{Stage}'")]
    private partial void LogBroken(Exception exception, Guid jobId, string stage);

    [LoggerMessage(LogLevel.Warning, "No heartbeat could be written for job {JobId}")]
    private partial void LogHeartbeatFailed(Exception exception, Guid jobId);
}

/// <summary>Does the work of a job. Throws <see cref="JobFailedException"/> when it can never succeed; may be run again after any other end.</summary>
internal interface IJobExecutor
{
    Task ExecuteAsync(JobContext context, CancellationToken cancellationToken);
}
