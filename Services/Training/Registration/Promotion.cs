using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Jobs;
using CloudNativeAi.Training.Pipelines;
using CloudNativeAi.Training.TrainingSets;
using Grpc.Core;

namespace CloudNativeAi.Training.Registration;

/// <summary>
/// Points <c>champion</c> at a new version when the model has none, or when the new version's AUC is higher on the same
/// validation rows. Never when it is behind the logistic regression.
/// </summary>
internal sealed partial class Promotion(ModelRegistrar registrar, ILogger<Promotion> logger)
{
    private const string Champion = "champion";
    private const string Promoted = "promoted";
    private const string Actor = "training";

    public async Task PromoteWhenBetterAsync(
        JobContext context, ModelVersion version, Candidate candidate, TrainingTable table, RowSplit split, CancellationToken cancellationToken)
    {
        context.Result.Metrics[Promoted] = 0;
        if (!candidate.Report.BeatsBaseline)
        {
            LogKept(version.ModelName, version.Version, "it is behind the baseline");
            return;
        }

        var champion = await registrar.FindAsync(version.ModelName, Champion, cancellationToken);
        if (champion?.Version == version.Version)
        {
            // An earlier attempt of this job got this far.
            context.Result.Metrics[Promoted] = 1;
            return;
        }

        var auc = candidate.Report.Validation.Auc ?? 0;
        var reason = champion is null
            ? FormattableString.Invariant($"The first version: AUC {auc:F4} on {split.Rows - split.TrainRows} validation rows")
            : await CompareAsync(context, champion, auc, table, split, cancellationToken);
        if (reason is null)
        {
            return;
        }

        await MoveAsync(context, version, champion?.Version ?? 0, reason, cancellationToken);
    }

    // The reason for promoting, or null.
    private async Task<string?> CompareAsync(
        JobContext context, ModelVersion champion, double auc, TrainingTable table, RowSplit split, CancellationToken cancellationToken)
    {
        if (await ScoreAsync(champion, table, split, cancellationToken) is not { } championAuc)
        {
            LogKept(champion.ModelName, champion.Version, "it cannot be measured on these rows; compare and promote by hand");
            return null;
        }

        context.Result.Metrics["champion_auc"] = championAuc;
        if (auc <= championAuc)
        {
            LogKept(champion.ModelName, champion.Version, "the new version is not better");
            return null;
        }

        return FormattableString.Invariant(
            $"AUC {auc:F4} against {championAuc:F4} of version {champion.Version} on the same {split.Rows - split.TrainRows} validation rows");
    }

    private async Task<double?> ScoreAsync(ModelVersion champion, TrainingTable table, RowSplit split, CancellationToken cancellationToken)
    {
        FeatureEncoder encoder;
        try
        {
            encoder = new FeatureEncoder(ModelSignature.Parse(await registrar.ReadFileAsync(champion, ModelFiles.Signature, cancellationToken)));
        }
        catch (Exception exception) when (exception is JsonException or ExpressionException or JobFailedException)
        {
            LogUnreadable(exception, champion.ModelName, champion.Version);
            return null;
        }

        if (encoder.Signature.Label != table.Set.Label || TableEncoder.FindMissing(encoder, table).Count > 0)
        {
            return null;
        }

        var onnx = await registrar.ReadFileAsync(champion, ModelFiles.Onnx, cancellationToken);
        return await CpuBound.RunAsync(
            () =>
            {
                var matrix = TableEncoder.Encode(encoder, table, split.TrainRows, split.Rows, cancellationToken);
                using var scorer = new OnnxScorer(onnx);
                return RocAuc.Compute(scorer.Score(matrix), matrix.Labels).Value;
            },
            cancellationToken);
    }

    private async Task MoveAsync(JobContext context, ModelVersion version, int expected, string reason, CancellationToken cancellationToken)
    {
        var asked = context.Job.Request.Reason;
        try
        {
            await registrar.SetAliasAsync(
                new SetAliasRequest
                {
                    ModelName = version.ModelName,
                    Alias = Champion,
                    Version = version.Version,
                    ExpectedVersion = expected,
                    Reason = asked.Length > 0 ? $"{reason}. Trained because: {asked}" : reason,
                    Actor = context.Job.Request.RequestedBy is { Length: > 0 } requester ? $"{Actor}, for {requester}" : Actor,
                },
                cancellationToken);
            context.Result.Metrics[Promoted] = 1;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Aborted)
        {
            // Somebody moved the alias meanwhile: theirs is the newer decision.
            LogKept(version.ModelName, version.Version, "the champion was changed meanwhile");
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.FailedPrecondition)
        {
            // The version is good; whether it may serve is for a person to decide.
            LogKept(version.ModelName, version.Version, exception.Status.Detail);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Model}: the champion stays, version {Version}: {Reason}")]
    private partial void LogKept(string model, int version, string reason);

    [LoggerMessage(LogLevel.Warning, "{Model}: the signature of the champion, version {Version}, cannot be read")]
    private partial void LogUnreadable(Exception exception, string model, int version);
}
