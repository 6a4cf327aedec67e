using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Flights.Data;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Flights.Replay;

/// <summary>Trains on the history, lets the version become champion, waits until it serves.</summary>
internal sealed partial class ModelTraining(FlightServices services, Retry retry, TimeProvider timeProvider, ILogger<ModelTraining> logger)
{
    private const int JobsLookedAt = 100;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan ServingTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    public async Task EnsureChampionAsync(long from, long until, CancellationToken cancellationToken)
    {
        if (await FindChampionAsync(cancellationToken) is { } champion)
        {
            LogChampionExists(champion);
        }
        else
        {
            await TrainAsync(from, until, cancellationToken, attempt: 1 + await CountFailedJobsAsync(cancellationToken));
        }

        await WaitUntilServedAsync(cancellationToken);
    }

    /// <param name="attempt">Another number asks for another training on the same range.</param>
    public async Task<Job> TrainAsync(long from, long until, CancellationToken cancellationToken, int attempt = 1)
    {
        var request = new SubmitJobRequest
        {
            Train = new TrainSpec
            {
                ModelName = FlightDefinitions.ModelName,
                FeatureService = FlightDefinitions.FeatureService,
                Label = FlightDefinitions.Label,
                FromMicros = from,
                ToMicros = until,
                LabelKnownUntilMicros = until,
                ValidationShare = 0.1,
                PromoteWhenBetter = true,
                HyperParameters = { FlightHyperParameters.All },
            },
            IdempotencyKey = $"flights-{from}-{until}-{attempt}",
            RequestedBy = "Samples/Flights",
            Reason = $"First model on the history up to {Instant.Format(until)}",
        };

        return await RunJobAsync(request, cancellationToken);
    }

    /// <summary>Submits a job and follows it to its end; throws when it did not succeed.</summary>
    public async Task<Job> RunJobAsync(SubmitJobRequest request, CancellationToken cancellationToken)
    {
        var job = await retry.RunAsync(
            "submitting the job",
            token => services.Training.SubmitJobAsync(request, cancellationToken: token).ResponseAsync,
            cancellationToken);
        job = await retry.RunAsync("watching the job", token => WatchAsync(job.Id, token), cancellationToken);

        return job.State == JobState.Succeeded
            ? job
            : throw new InvalidOperationException($"The job {job.Id} ended as {job.State} in stage '{job.Stage}': {job.Error}");
    }

    private async Task<Job> WatchAsync(string id, CancellationToken cancellationToken)
    {
        using var call = services.Training.WatchJob(new GetJobRequest { Id = id }, deadline: (timeProvider.GetUtcNow() + Longest).UtcDateTime, cancellationToken: cancellationToken);
        var lastStage = "";
        Job? job = null;
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            job = call.ResponseStream.Current;
            if (job.Stage != lastStage && job.Stage.Length > 0)
            {
                LogStage(job.Stage, job.Progress * 100);
                lastStage = job.Stage;
            }
        }

        if (job is null || job.State is JobState.Queued or JobState.Running)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The training service closed the stream before the job ended."));
        }

        if (job.State == JobState.Succeeded)
        {
            LogSucceeded(job.ModelName, job.ModelVersion, job.Metrics.GetValueOrDefault("auc"), job.Metrics.GetValueOrDefault("auc_low"), job.Metrics.GetValueOrDefault("auc_high"));
        }

        return job;
    }

    // A job that failed stays failed under its key; the next start asks for another.
    private async Task<int> CountFailedJobsAsync(CancellationToken cancellationToken)
    {
        var jobs = await retry.RunAsync(
            "listing the jobs",
            token => services.Training.ListJobsAsync(new ListJobsRequest { ModelName = FlightDefinitions.ModelName, PageSize = JobsLookedAt }, cancellationToken: token).ResponseAsync,
            cancellationToken);

        return jobs.Jobs.Count(job => job.State is JobState.Failed or JobState.Cancelled);
    }

    private async Task<int?> FindChampionAsync(CancellationToken cancellationToken)
    {
        var models = await retry.RunAsync(
            "asking for the champion",
            token => services.Registry.ListModelsAsync(new ListModelsRequest(), cancellationToken: token).ResponseAsync,
            cancellationToken);
        var model = models.Models.FirstOrDefault(model => model.ModelName == FlightDefinitions.ModelName);

        return model is not null && model.Aliases.TryGetValue("champion", out var version) ? version : null;
    }

    public async Task WaitUntilServedAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            var status = await retry.RunAsync(
                "asking what is served",
                token => services.Predictions.GetServingStatusAsync(new GetServingStatusRequest(), cancellationToken: token).ResponseAsync,
                cancellationToken);
            var served = status.Models.FirstOrDefault(model =>
                model.ModelName == FlightDefinitions.ModelName && model.State == "READY" && model.Aliases.Contains("champion"));
            if (served is not null)
            {
                LogServing(served.ModelName, served.Version);
                return;
            }

            if (timeProvider.GetElapsedTime(started) > ServingTimeout)
            {
                throw new TimeoutException($"Inference does not serve {FlightDefinitions.ModelName} after {ServingTimeout.TotalSeconds:F0} s: {status}");
            }

            await Task.Delay(PollInterval, timeProvider, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Model: champion is version {Version} already")]
    private partial void LogChampionExists(int version);

    [LoggerMessage(LogLevel.Information, "Model: {Stage} ({Percent:F0} %)")]
    private partial void LogStage(string stage, double percent);

    [LoggerMessage(LogLevel.Information, "Model: {Model} version {Version} is trained, validation AUC {Auc:F4} (95 % CI {Low:F4} to {High:F4})")]
    private partial void LogSucceeded(string model, int version, double auc, double low, double high);

    [LoggerMessage(LogLevel.Information, "Model: {Model} version {Version} serves as champion")]
    private partial void LogServing(string model, int version);
}
