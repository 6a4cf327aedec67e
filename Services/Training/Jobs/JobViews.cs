using CloudNativeAi.Contracts.Training;

namespace CloudNativeAi.Training.Jobs;

/// <summary>A job in JSON. Instants are microseconds since the Unix epoch, UTC; 0 is not yet.</summary>
public sealed record JobView(
    string Id,
    string State,
    string Stage,
    double Progress,
    string Error,
    int Attempt,
    long CreatedMicros,
    long StartedMicros,
    long EndedMicros,
    string ModelName,
    int ModelVersion,
    string ModelDigest,
    string TrainingSetDigest,
    string RunId,
    IReadOnlyDictionary<string, double> Metrics,
    SubmitJobView Request)
{
    internal static JobView From(Job job) => new(
        job.Id, job.State.ToString().ToUpperInvariant(), job.Stage, job.Progress, job.Error, job.Attempt, job.CreatedMicros, job.StartedMicros,
        job.EndedMicros, job.ModelName, job.ModelVersion, job.ModelDigest, job.TrainingSetDigest, job.RunId, job.Metrics, SubmitJobView.From(job.Request));
}

public sealed record JobListView(IReadOnlyList<JobView> Jobs);

/// <param name="Waiting">Jobs that a worker could take now.</param>
public sealed record QueueView(long Waiting);

/// <summary>What is asked of a job: either <c>train</c> or <c>evaluate</c>. The contract's SubmitJobRequest in JSON.</summary>
public sealed record SubmitJobView(
    TrainView? Train = null, EvaluateView? Evaluate = null, string? IdempotencyKey = null, string? RequestedBy = null, string? Reason = null)
{
    internal static SubmitJobView From(SubmitJobRequest request) => new(
        request.Train is { } train ? TrainView.From(train) : null,
        request.Evaluate is { } evaluate ? new EvaluateView(evaluate.ModelName, evaluate.Version, evaluate.FromMicros, evaluate.ToMicros) : null,
        request.IdempotencyKey,
        request.RequestedBy,
        request.Reason);

    internal SubmitJobRequest ToRequest()
    {
        var request = new SubmitJobRequest { IdempotencyKey = IdempotencyKey ?? "", RequestedBy = RequestedBy ?? "", Reason = Reason ?? "" };
        if (Train is not null)
        {
            request.Train = Train.ToSpec();
        }
        else if (Evaluate is { } evaluate)
        {
            request.Evaluate = new EvaluateSpec
            {
                ModelName = evaluate.ModelName ?? "", Version = evaluate.Version, FromMicros = evaluate.FromMicros, ToMicros = evaluate.ToMicros,
            };
        }

        return request;
    }
}

public sealed record TrainView(
    string? ModelName,
    string? FeatureService,
    string? Label,
    long FromMicros,
    long ToMicros,
    long LabelKnownUntilMicros = 0,
    double ValidationShare = 0,
    long Seed = 0,
    IReadOnlyDictionary<string, string>? HyperParameters = null,
    bool PromoteWhenBetter = false,
    string? Trainer = null)
{
    internal static TrainView From(TrainSpec spec) => new(
        spec.ModelName, spec.FeatureService, spec.Label, spec.FromMicros, spec.ToMicros, spec.LabelKnownUntilMicros,
        spec.ValidationShare, spec.Seed, spec.HyperParameters, spec.PromoteWhenBetter, spec.Trainer);

    internal TrainSpec ToSpec()
    {
        var spec = new TrainSpec
        {
            ModelName = ModelName ?? "",
            FeatureService = FeatureService ?? "",
            Label = Label ?? "",
            FromMicros = FromMicros,
            ToMicros = ToMicros,
            LabelKnownUntilMicros = LabelKnownUntilMicros,
            ValidationShare = ValidationShare,
            Seed = Seed,
            PromoteWhenBetter = PromoteWhenBetter,
            Trainer = Trainer ?? "",
        };
        foreach (var (name, value) in HyperParameters ?? new Dictionary<string, string>())
        {
            spec.HyperParameters[name] = value ?? "";
        }

        return spec;
    }
}

public sealed record EvaluateView(string? ModelName, int Version, long FromMicros, long ToMicros);
