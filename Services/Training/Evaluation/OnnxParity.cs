using CloudNativeAi.Training.Jobs;
using CloudNativeAi.Training.Trainers;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Evaluation;

/// <summary>What is served must be what was trained.</summary>
internal static class OnnxParity
{
    /// <summary>Largest difference between a probability of the trainer and of the ONNX file.</summary>
    public const double Tolerance = 1e-9;

    /// <summary>The largest difference on the validation rows.</summary>
    /// <exception cref="JobFailedException">It is beyond the tolerance.</exception>
    public static double Check(TrainedModel model, EncodedMatrix validation)
    {
        using var scorer = new OnnxScorer(model.Onnx);
        var scores = scorer.Score(validation);
        double largest = 0;
        for (var row = 0; row < scores.Length; row++)
        {
            var difference = Math.Abs(scores[row] - model.ValidationScores[row]);
            if (!(difference <= Tolerance))
            {
                throw new JobFailedException(FormattableString.Invariant(
                    $"The ONNX file says {scores[row]:R} for validation row {row}, the trainer {model.ValidationScores[row]:R}: they differ by more than {Tolerance}. Nothing was registered."));
            }

            largest = Math.Max(largest, difference);
        }

        return largest;
    }
}
