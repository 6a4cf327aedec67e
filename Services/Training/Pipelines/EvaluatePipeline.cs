using System.Text.Json;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Jobs;
using CloudNativeAi.Training.Registration;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Pipelines;

/// <summary>Measures a registered version, by its ONNX file, on a range it was not trained on.</summary>
internal sealed class EvaluatePipeline(ModelRegistrar registrar, TrainingData trainingData)
{
    public async Task RunAsync(JobContext context, EvaluateSpec spec, CancellationToken cancellationToken)
    {
        var version = await registrar.FindAsync(spec.ModelName, spec.Version, cancellationToken)
            ?? throw new JobFailedException($"The model '{spec.ModelName}' has no version {spec.Version}.");
        context.Result.ModelVersion = version.Version;
        context.Result.ModelDigest = version.Digest;
        var signature = await ReadSignatureAsync(version, cancellationToken);
        var onnx = await registrar.ReadFileAsync(version, ModelFiles.Onnx, cancellationToken);

        var table = await trainingData.LoadAsync(
            context,
            new CreateTrainingSetRequest { FeatureService = signature.FeatureService, Label = signature.Label, FromMicros = spec.FromMicros, ToMicros = spec.ToMicros },
            cancellationToken);

        JobStage.Evaluate.Enter(context);
        var metrics = await CpuBound.RunAsync(() => Measure(signature, onnx, table, cancellationToken), cancellationToken);
        foreach (var (name, value) in metrics)
        {
            context.Result.Metrics[name] = value;
        }
    }

    private async Task<ModelSignature> ReadSignatureAsync(Contracts.ModelRegistry.ModelVersion version, CancellationToken cancellationToken)
    {
        try
        {
            return ModelSignature.Parse(await registrar.ReadFileAsync(version, ModelFiles.Signature, cancellationToken));
        }
        catch (Exception exception) when (exception is JsonException or ExpressionException)
        {
            throw new JobFailedException($"The signature of version {version.Version} of '{version.ModelName}' cannot be read: {exception.Message}", exception);
        }
    }

    private static Dictionary<string, double> Measure(ModelSignature signature, byte[] onnx, TrainingTable table, CancellationToken cancellationToken)
    {
        var matrix = TableEncoder.Encode(new FeatureEncoder(signature), table, 0, table.Rows, cancellationToken);
        using var scorer = new OnnxScorer(onnx);
        return ClassificationMetrics.Compute(scorer.Score(matrix), matrix.Labels, signature.Threshold).ToMetrics();
    }
}
