using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Evaluation;

/// <summary>evaluation.json: how good the version is on the validation rows, as a whole and per slice.</summary>
/// <param name="BaselineAucDifference">AUC of the model less that of the baseline on the same rows, with its standard error (paired, DeLong).</param>
/// <param name="Calibration">Tenths of the rows by score: what was said and what came true.</param>
internal sealed record EvaluationReport(
    int FormatVersion,
    ClassificationMetrics Validation,
    double Threshold,
    string BaselineTrainer,
    ClassificationMetrics Baseline,
    double BaselineAucDifference,
    double BaselineAucDifferenceStandardError,
    IReadOnlyList<CalibrationBin> Calibration,
    IReadOnlyList<SliceMetrics> Slices)
{
    // 95th percentile of the standard normal distribution: one-sided.
    private const double Z95 = 1.6448536269514722;

    /// <summary>The model is not behind the baseline by more than chance explains.</summary>
    public bool BeatsBaseline => BaselineAucDifference >= -Z95 * BaselineAucDifferenceStandardError;

    public static EvaluationReport Create(double[] scores, double[] baselineScores, ModelSignature signature, EncodedMatrix validation)
    {
        var (difference, error) = RocAuc.Compare(scores, baselineScores, validation.Labels);
        return new EvaluationReport(
            1,
            ClassificationMetrics.Compute(scores, validation.Labels, signature.Threshold),
            signature.Threshold,
            TrainerCatalog.Baseline.Name,
            ClassificationMetrics.Compute(baselineScores, validation.Labels, signature.Threshold),
            difference,
            error,
            CalibrationBin.Tenths(scores, validation.Labels),
            SliceMetrics.Of(scores, signature, validation));
    }

    public byte[] ToJson() => ModelJson.Serialize(this);

    public Dictionary<string, double> ToMetrics()
    {
        var metrics = Validation.ToMetrics();
        metrics["threshold"] = Threshold;
        metrics["baseline_auc"] = Baseline.Auc ?? double.NaN;
        metrics["baseline_log_loss"] = Baseline.LogLoss;
        metrics["baseline_auc_difference"] = BaselineAucDifference;
        return metrics;
    }
}
