using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Jobs;
using CloudNativeAi.Training.Registration;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.TrainingSets;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Training.Pipelines;

/// <summary>
/// Training set, encoding, baseline, training, evaluation, parity, registration, promotion. Every step may be repeated after a
/// crash: the training set and the version are found again by their digest, the run by the job's id.
/// </summary>
internal sealed class TrainPipeline(
    FeatureDefinitions.FeatureDefinitionsClient definitions,
    TrainingData trainingData,
    RunLog runLog,
    ModelRegistrar registrar,
    Promotion promotion,
    IOptions<TrainingSetOptions> options)
{
    private const long DefaultSeed = 42;

    public async Task RunAsync(JobContext context, TrainSpec spec, CancellationToken cancellationToken)
    {
        var trainer = TrainerCatalog.Find(spec.Trainer) ?? throw new JobFailedException($"There is no trainer '{spec.Trainer}'.");
        var parameters = new HyperParameters(trainer.HyperParameters, spec.HyperParameters);
        context.Result.RunId = await runLog.StartAsync(context.Job, trainer.Name, parameters, cancellationToken);
        try
        {
            var service = await definitions.GetFeatureServiceAsync(new GetFeatureServiceRequest { Name = spec.FeatureService }, cancellationToken: cancellationToken);
            var table = await trainingData.LoadAsync(context, ToRequest(spec), cancellationToken);
            var split = RowSplit.ByTime(table, spec.ValidationShare);
            var candidate = await CpuBound.RunAsync(
                () => Train(context, spec, service, table, split, trainer, parameters, cancellationToken), cancellationToken);

            JobStage.Register.Enter(context);
            await runLog.LogAsync(context, candidate.Model.ValidationCurve, cancellationToken);
            var version = await registrar.RegisterAsync(context, candidate.Files, candidate.Tags, cancellationToken);
            context.Result.ModelVersion = version.Version;
            context.Result.ModelDigest = version.Digest;

            if (spec.PromoteWhenBetter)
            {
                JobStage.Promote.Enter(context);
                await promotion.PromoteWhenBetterAsync(context, version, candidate, table, split, cancellationToken);
            }

            await runLog.FinishAsync(context.Result.RunId, succeeded: true, cancellationToken);
        }
        catch (JobFailedException)
        {
            await runLog.FinishAsync(context.Result.RunId, succeeded: false, cancellationToken);
            throw;
        }
    }

    private Candidate Train(
        JobContext context, TrainSpec spec, FeatureService service, TrainingTable table, RowSplit split, Trainer trainer, HyperParameters parameters, CancellationToken cancellationToken)
    {
        var signature = BuildSignature(service, table, split, cancellationToken);
        var encoder = new FeatureEncoder(signature);
        if ((long)table.Rows * encoder.FeatureCount > options.Value.MaxCells)
        {
            throw new JobFailedException($"{table.Rows} rows of {encoder.FeatureCount} features are more than {options.Value.MaxCells} numbers (TrainingSets:MaxCells).");
        }

        var train = TableEncoder.Encode(encoder, table, 0, split.TrainRows, cancellationToken);
        var validation = TableEncoder.Encode(encoder, table, split.TrainRows, split.Rows, cancellationToken);
        var seed = spec.Seed == 0 ? DefaultSeed : spec.Seed;

        var baseline = TrainerCatalog.Baseline.Train(
            new TrainingInput(train, validation, signature.Features, new HyperParameters(TrainerCatalog.Baseline.HyperParameters, new Dictionary<string, string>()), seed),
            JobStage.Baseline.Enter(context), cancellationToken);
        var model = trainer.Train(
            new TrainingInput(train, validation, signature.Features, parameters, seed), JobStage.Train.Enter(context), cancellationToken);

        JobStage.Evaluate.Enter(context);
        var parity = OnnxParity.Check(model, validation);
        signature = signature with { Threshold = DecisionThreshold.Choose(model.ValidationScores, validation.Labels).Value };
        var report = EvaluationReport.Create(model.ValidationScores, baseline.ValidationScores, signature, validation);
        var lineage = new ModelLineage(spec, service, table.Set, split, trainer.Name, seed, parameters, model.Iterations);
        var files = VersionFiles.Create(model, signature, Baselines.Of(signature, train, model.ValidationScores, validation), report, lineage);

        foreach (var (name, value) in report.ToMetrics())
        {
            context.Result.Metrics[name] = value;
        }

        context.Result.Metrics["train_rows"] = split.TrainRows;
        context.Result.Metrics["iterations"] = model.Iterations;
        context.Result.Metrics["onnx_max_difference"] = parity;
        return new Candidate(model, files, validation.Labels, report);
    }

    private ModelSignature BuildSignature(FeatureService service, TrainingTable table, RowSplit split, CancellationToken cancellationToken)
    {
        try
        {
            return SignatureBuilder.Build(service, table, split.TrainRows, options.Value.MaxVocabulary, cancellationToken);
        }
        catch (Exception exception) when (exception is ExpressionException or System.Text.Json.JsonException)
        {
            throw new JobFailedException($"The feature service '{service.Name}' cannot be used: {exception.Message}", exception);
        }
    }

    private static CreateTrainingSetRequest ToRequest(TrainSpec spec) => new()
    {
        FeatureService = spec.FeatureService,
        Label = spec.Label,
        FromMicros = spec.FromMicros,
        ToMicros = spec.ToMicros,
        LabelKnownUntilMicros = spec.LabelKnownUntilMicros,
    };
}

/// <summary>A trained and checked model that is not registered yet.</summary>
internal sealed record Candidate(TrainedModel Model, IReadOnlyDictionary<string, byte[]> Files, bool[] ValidationLabels, EvaluationReport Report)
{
    public IReadOnlyDictionary<string, string> Tags => new Dictionary<string, string>
    {
        ["beats_baseline"] = Report.BeatsBaseline ? "true" : "false",
    };
}
