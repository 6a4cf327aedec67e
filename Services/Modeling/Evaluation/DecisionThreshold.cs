namespace CloudNativeAi.Modeling;

/// <summary>A score at or above the threshold is the positive class.</summary>
public readonly record struct DecisionThreshold(double Value, double Precision, double Recall, double F1)
{
    /// <summary>The threshold with the greatest F1; of equal ones the highest. It is one of the scores, so it is exact.</summary>
    public static DecisionThreshold Choose(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scores.Length, labels.Length);
        var sorted = scores.ToArray();
        var sortedLabels = labels.ToArray();
        Array.Sort(sorted, sortedLabels);

        var positives = labels.Count(true);
        var best = new DecisionThreshold(0.5, 0, 0, -1);
        var truePositives = 0;
        for (var index = sorted.Length - 1; index >= 0; index--)
        {
            truePositives += sortedLabels[index] ? 1 : 0;
            if (index > 0 && sorted[index - 1].Equals(sorted[index]))
            {
                continue;
            }

            var candidate = At(sorted[index], truePositives, sorted.Length - index, positives);
            if (candidate.F1 > best.F1)
            {
                best = candidate;
            }
        }

        return best with { F1 = Math.Max(best.F1, 0) };
    }

    /// <summary>Precision, recall and F1 of a threshold that was chosen elsewhere.</summary>
    public static DecisionThreshold Measure(double threshold, ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scores.Length, labels.Length);
        var (truePositives, predicted) = (0, 0);
        for (var index = 0; index < scores.Length; index++)
        {
            if (scores[index] >= threshold)
            {
                predicted++;
                truePositives += labels[index] ? 1 : 0;
            }
        }

        return At(threshold, truePositives, predicted, labels.Count(true));
    }

    private static DecisionThreshold At(double threshold, int truePositives, int predicted, int positives)
    {
        var precision = predicted == 0 ? 0 : (double)truePositives / predicted;
        var recall = positives == 0 ? 0 : (double)truePositives / positives;
        return new DecisionThreshold(threshold, precision, recall, predicted + positives == 0 ? 0 : 2.0 * truePositives / (predicted + positives));
    }
}
