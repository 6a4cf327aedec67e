using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Training.Jobs;
using CloudNativeAi.Training.Trainers;

namespace CloudNativeAi.Training.Registration;

/// <summary>The job as a run of the experiment named after the model.</summary>
internal sealed class RunLog(Experiments.ExperimentsClient experiments)
{
    // The curve of a long training is thinned to this many points.
    private const int MaxCurvePoints = 500;

    /// <summary>One run per job: a further attempt finds it.</summary>
    public async Task<string> StartAsync(Job job, string trainer, HyperParameters parameters, CancellationToken cancellationToken)
    {
        var spec = job.Request.Train;
        var request = new CreateRunRequest
        {
            Experiment = spec.ModelName,
            RunName = $"{trainer} {job.Id[..8]}",
            IdempotencyKey = job.Id,
            Parameters = { ["trainer"] = trainer, ["feature_service"] = spec.FeatureService, ["label"] = spec.Label },
            Tags = { ["job_id"] = job.Id, ["requested_by"] = job.Request.RequestedBy, ["reason"] = job.Request.Reason },
        };
        request.Parameters.Add(parameters.ToText().ToDictionary());
        return (await experiments.CreateRunAsync(request, cancellationToken: cancellationToken)).RunId;
    }

    public async Task LogAsync(JobContext context, IReadOnlyList<double> validationCurve, CancellationToken cancellationToken)
    {
        // Points are told apart by key, step and timestamp: the job's own instant makes a repeated call the same points.
        var timestamp = context.Job.CreatedMicros;
        var request = new LogRunRequest { RunId = context.Result.RunId, Tags = { ["training_set_digest"] = context.Result.TrainingSetDigest } };
        request.Metrics.Add(context.Result.Metrics
            .Where(metric => double.IsFinite(metric.Value))
            .Select(metric => new Metric { Key = metric.Key, Value = metric.Value, TimestampMicros = timestamp }));
        var every = Math.Max(1, (validationCurve.Count + MaxCurvePoints - 1) / MaxCurvePoints);
        for (var iteration = every; iteration <= validationCurve.Count; iteration += every)
        {
            request.Metrics.Add(new Metric { Key = "validation_auc", Value = validationCurve[iteration - 1], Step = iteration, TimestampMicros = timestamp });
        }

        await experiments.LogRunAsync(request, cancellationToken: cancellationToken);
    }

    public async Task FinishAsync(string runId, bool succeeded, CancellationToken cancellationToken) =>
        await experiments.FinishRunAsync(
            new FinishRunRequest { RunId = runId, Status = succeeded ? RunStatus.Finished : RunStatus.Failed }, cancellationToken: cancellationToken);
}
