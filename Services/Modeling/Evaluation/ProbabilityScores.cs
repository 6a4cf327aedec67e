namespace CloudNativeAi.Modeling;

/// <summary>How good probabilities are, lower being better.</summary>
public static class ProbabilityScores
{
    // As scikit-learn: a probability of 0 or 1 that is wrong costs much, not infinitely much.
    private const double Smallest = 2.220446049250313e-16;

    /// <summary>Mean negative log-likelihood, natural logarithm.</summary>
    public static double LogLoss(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scores.Length, labels.Length);
        double sum = 0;
        for (var index = 0; index < scores.Length; index++)
        {
            var score = Math.Clamp(scores[index], Smallest, 1 - Smallest);
            sum -= Math.Log(labels[index] ? score : 1 - score);
        }

        return sum / scores.Length;
    }

    /// <summary>Mean squared difference between probability and outcome.</summary>
    public static double Brier(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scores.Length, labels.Length);
        double sum = 0;
        for (var index = 0; index < scores.Length; index++)
        {
            var difference = scores[index] - (labels[index] ? 1 : 0);
            sum += difference * difference;
        }

        return sum / scores.Length;
    }
}
