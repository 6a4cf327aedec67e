namespace CloudNativeAi.Modeling;

/// <summary>Area under the ROC curve with DeLong's 95 % confidence interval.</summary>
/// <param name="Low">Clamped to 0; NaN, as the others, without both classes.</param>
public readonly record struct RocAuc(double Value, double Low, double High, double StandardError)
{
    // 97.5th percentile of the standard normal distribution.
    private const double Z975 = 1.959963984540054;

    /// <summary>Ties count one half. O(n log n): structural components from midranks (Sun and Xu, 2014).</summary>
    public static RocAuc Compute(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        var (positive, negative) = Components(scores, labels);
        if (positive.Length == 0 || negative.Length == 0)
        {
            return new RocAuc(double.NaN, double.NaN, double.NaN, double.NaN);
        }

        var auc = positive.Average();
        var error = Math.Sqrt(Math.Max(0, Covariance(positive, positive, auc, auc, negative, negative)));
        return new RocAuc(auc, Math.Max(0, auc - (Z975 * error)), Math.Min(1, auc + (Z975 * error)), error);
    }

    /// <summary>Two models on the same rows: the difference first - second and its standard error, correlation allowed for.</summary>
    public static (double Difference, double StandardError) Compare(ReadOnlySpan<double> first, ReadOnlySpan<double> second, ReadOnlySpan<bool> labels)
    {
        var (positive1, negative1) = Components(first, labels);
        var (positive2, negative2) = Components(second, labels);
        if (positive1.Length == 0 || negative1.Length == 0)
        {
            return (double.NaN, double.NaN);
        }

        var (auc1, auc2) = (positive1.Average(), positive2.Average());
        var variance = Covariance(positive1, positive1, auc1, auc1, negative1, negative1)
            + Covariance(positive2, positive2, auc2, auc2, negative2, negative2)
            - (2 * Covariance(positive1, positive2, auc1, auc2, negative1, negative2));
        return (auc1 - auc2, Math.Sqrt(Math.Max(0, variance)));
    }

    // Per positive row the share of negatives below it, and per negative row the share of positives above it.
    private static (double[] Positive, double[] Negative) Components(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scores.Length, labels.Length);
        var sorted = scores.ToArray();
        var order = new int[sorted.Length];
        for (var index = 0; index < order.Length; index++)
        {
            order[index] = index;
        }

        Array.Sort(sorted, order);
        var positives = labels.Count(true);
        var positive = new double[positives];
        var negative = new double[labels.Length - positives];
        var (positiveSeen, negativeSeen, positiveNext, negativeNext) = (0, 0, 0, 0);
        for (var start = 0; start < sorted.Length;)
        {
            var (end, tiedPositives) = (start, 0);
            while (end < sorted.Length && sorted[end].Equals(sorted[start]))
            {
                tiedPositives += labels[order[end]] ? 1 : 0;
                end++;
            }

            var tiedNegatives = end - start - tiedPositives;
            for (var index = start; index < end; index++)
            {
                if (labels[order[index]])
                {
                    positive[positiveNext++] = (negativeSeen + (0.5 * tiedNegatives)) / negative.Length;
                }
                else
                {
                    negative[negativeNext++] = (positives - positiveSeen - (0.5 * tiedPositives)) / positive.Length;
                }
            }

            positiveSeen += tiedPositives;
            negativeSeen += tiedNegatives;
            start = end;
        }

        return (InRowOrder(positive, order, labels, isPositive: true), InRowOrder(negative, order, labels, isPositive: false));
    }

    // Comparing two models needs the components of the same row side by side.
    private static double[] InRowOrder(double[] components, int[] order, ReadOnlySpan<bool> labels, bool isPositive)
    {
        var byRow = new double[order.Length];
        var next = 0;
        foreach (var row in order)
        {
            if (labels[row] == isPositive)
            {
                byRow[row] = components[next++];
            }
        }

        var result = new double[components.Length];
        next = 0;
        for (var row = 0; row < byRow.Length; row++)
        {
            if (labels[row] == isPositive)
            {
                result[next++] = byRow[row];
            }
        }

        return result;
    }

    private static double Covariance(double[] positive1, double[] positive2, double auc1, double auc2, double[] negative1, double[] negative2) =>
        SampleCovariance(positive1, positive2, auc1, auc2) + SampleCovariance(negative1, negative2, auc1, auc2);

    // Of the mean: divided by n once more. One row alone says nothing about spread.
    private static double SampleCovariance(double[] first, double[] second, double mean1, double mean2)
    {
        if (first.Length < 2)
        {
            return 0;
        }

        double sum = 0;
        for (var index = 0; index < first.Length; index++)
        {
            sum += (first[index] - mean1) * (second[index] - mean2);
        }

        return sum / (first.Length - 1) / first.Length;
    }
}
