using System.Globalization;
using System.Text;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Trainers;

namespace CloudNativeAi.Training.Registration;

/// <summary>model_card.md: what a person should know before relying on the version.</summary>
internal static class ModelCard
{
    private const int TopFeatures = 15;
    private const int WeakestSlices = 10;

    public static string Write(TrainedModel model, ModelSignature signature, EvaluationReport report, ModelLineage lineage)
    {
        var card = new StringBuilder();
        var validation = report.Validation;
        card.Append(CultureInfo.InvariantCulture, $"""
            # {lineage.Spec.ModelName}

            Predicts `{signature.Label}` from the feature service `{signature.FeatureService}` (definitions version {signature.DefinitionsVersion}).
            Trainer {lineage.Trainer}, {lineage.Iterations} iterations, seed {lineage.Seed}. {signature.Features.Count} features.

            ## Data
            {lineage.Split.TrainRows} rows to train on, the newest {validation.Rows} to validate on; entity timestamps {Day(lineage.Spec.FromMicros)} to {Day(lineage.Spec.ToMicros)} (UTC).
            Share of positives in validation: {validation.PositiveShare:P1}. Training set `{lineage.Set.Digest}`.

            ## Quality on the validation rows
            | | model | {report.BaselineTrainer} |
            |---|---|---|
            | AUC (95 % interval) | {Interval(validation)} | {Interval(report.Baseline)} |
            | log loss | {validation.LogLoss:F4} | {report.Baseline.LogLoss:F4} |
            | Brier score | {validation.Brier:F4} | {report.Baseline.Brier:F4} |

            The validation rows also chose the number of iterations and the threshold, so measure it on a later range before relying on these figures.
            At the threshold {report.Threshold:F4} (greatest F1): precision {validation.Precision:P1}, recall {validation.Recall:P1}.
            {(report.BeatsBaseline ? "It is not behind the baseline." : "**It is behind the baseline** by more than chance explains; it is never promoted by itself.")}

            ## Calibration
            | rows | mean score | share of positives |
            |---|---|---|

            """);
        foreach (var bin in report.Calibration)
        {
            card.Append(CultureInfo.InvariantCulture, $"| {bin.Rows} | {bin.MeanScore:F4} | {bin.PositiveShare:F4} |\n");
        }

        card.Append("\n## Most important features\n").Append(model.ImportanceKind).Append(".\n\n");
        foreach (var (feature, importance) in signature.Features.Zip(model.Importance).OrderByDescending(pair => pair.Second).ThenBy(pair => pair.First.Name, StringComparer.Ordinal).Take(TopFeatures))
        {
            card.Append(CultureInfo.InvariantCulture, $"- `{feature.Name}` {importance / Math.Max(model.Importance.Sum(), double.Epsilon):P1}\n");
        }

        AppendSlices(card, report);
        return card.Replace("\r\n", "\n").ToString();
    }

    private static void AppendSlices(StringBuilder card, EvaluationReport report)
    {
        if (report.Slices.Count == 0)
        {
            return;
        }

        card.Append("\n## Weakest slices\n| feature | value | rows | share of positives | mean score | AUC (95 % interval) |\n|---|---|---|---|---|---|\n");
        foreach (var slice in report.Slices.Where(slice => slice.Metrics.Auc is not null).OrderBy(slice => slice.Metrics.Auc).Take(WeakestSlices))
        {
            card.Append(CultureInfo.InvariantCulture, $"| `{slice.Feature}` | {slice.Value} | {slice.Metrics.Rows} | {slice.Metrics.PositiveShare:P1} | {slice.Metrics.MeanScore:F4} | {Interval(slice.Metrics)} |\n");
        }
    }

    private static string Interval(ClassificationMetrics metrics) => metrics.Auc is { } auc
        ? string.Create(CultureInfo.InvariantCulture, $"{auc:F4} ({metrics.AucLow:F4} to {metrics.AucHigh:F4})")
        : "none: one class only";

    private static string Day(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
