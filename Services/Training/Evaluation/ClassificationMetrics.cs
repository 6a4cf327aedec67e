using CloudNativeAi.Modeling;

namespace CloudNativeAi.Training.Evaluation;

/// <summary>Quality of probabilities and of the decision at a threshold. Low and high: 95 % confidence interval.</summary>
internal sealed record ClassificationMetrics(
    long Rows,
    long Positives,
    double PositiveShare,
    double MeanScore,
    double? Auc,
    double? AucLow,
    double? AucHigh,
    double LogLoss,
    double Brier,
    double Precision,
    double Recall,
    double F1)
{
    public static ClassificationMetrics Compute(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels, double threshold)
    {
        var positives = labels.Count(true);
        var auc = RocAuc.Compute(scores, labels);
        var decision = DecisionThreshold.Measure(threshold, scores, labels);
        double sum = 0;
        foreach (var score in scores)
        {
            sum += score;
        }

        return new ClassificationMetrics(
            scores.Length,
            positives,
            (double)positives / scores.Length,
            sum / scores.Length,
            Number(auc.Value),
            Number(auc.Low),
            Number(auc.High),
            ProbabilityScores.LogLoss(scores, labels),
            ProbabilityScores.Brier(scores, labels),
            decision.Precision,
            decision.Recall,
            decision.F1);
    }

    /// <summary>Names as in the contract's Job.metrics.</summary>
    public Dictionary<string, double> ToMetrics()
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["rows"] = Rows,
            ["positives"] = Positives,
            ["positive_share"] = PositiveShare,
            ["mean_score"] = MeanScore,
            ["log_loss"] = LogLoss,
            ["brier"] = Brier,
            ["precision"] = Precision,
            ["recall"] = Recall,
            ["f1"] = F1,
        };
        if (Auc is { } auc && AucLow is { } low && AucHigh is { } high)
        {
            (metrics["auc"], metrics["auc_low"], metrics["auc_high"]) = (auc, low, high);
        }

        return metrics;
    }

    // Without both classes there is none.
    private static double? Number(double value) => double.IsNaN(value) ? null : value;
}
