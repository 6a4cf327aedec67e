namespace CloudNativeAi.Monitoring.Performance;

/// <summary>Area under the ROC curve with DeLong's 95 % interval. NaN where one class is absent.</summary>
internal readonly record struct AreaUnderCurve(double Value, double Low, double High)
{
    private const double Normal975 = 1.959963984540054;

    public static readonly AreaUnderCurve None = new(double.NaN, double.NaN, double.NaN);

    /// <summary>O(n log n): DeLong's structural components come from midranks (Sun and Xu, 2014).</summary>
    public static AreaUnderCurve Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive)
    {
        if (scores.Length != positive.Length)
        {
            throw new ArgumentException("Every score needs a label.");
        }

        var positives = 0;
        foreach (var label in positive)
        {
            positives += label ? 1 : 0;
        }

        var negatives = scores.Length - positives;
        if (positives == 0 || negatives == 0)
        {
            return None;
        }

        var order = new int[scores.Length];
        var keys = scores.ToArray();
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(keys, order);

        // For a run of equal scores: a positive beats every negative below and half of those beside it, and vice versa.
        var (sumPositive, squaresPositive, sumNegative, squaresNegative) = (0.0, 0.0, 0.0, 0.0);
        var (positivesBelow, negativesBelow) = (0, 0);
        for (var start = 0; start < keys.Length;)
        {
            var end = start;
            var positivesBeside = 0;
            while (end < keys.Length && keys[end] == keys[start])
            {
                positivesBeside += positive[order[end]] ? 1 : 0;
                end++;
            }

            var negativesBeside = end - start - positivesBeside;
            var ofPositive = (negativesBelow + (negativesBeside / 2.0)) / negatives;
            var ofNegative = (positives - positivesBelow - (positivesBeside / 2.0)) / positives;
            sumPositive += positivesBeside * ofPositive;
            squaresPositive += positivesBeside * ofPositive * ofPositive;
            sumNegative += negativesBeside * ofNegative;
            squaresNegative += negativesBeside * ofNegative * ofNegative;

            positivesBelow += positivesBeside;
            negativesBelow += negativesBeside;
            start = end;
        }

        var area = sumPositive / positives;
        var variance = (SampleVariance(sumPositive, squaresPositive, positives) / positives)
            + (SampleVariance(sumNegative, squaresNegative, negatives) / negatives);
        var halfWidth = Normal975 * Math.Sqrt(variance);

        return new AreaUnderCurve(area, Math.Max(0, area - halfWidth), Math.Min(1, area + halfWidth));
    }

    // One observation has no variance to estimate; it adds none, and the interval is too narrow for so small a sample.
    private static double SampleVariance(double sum, double squares, int count) =>
        count < 2 ? 0 : Math.Max(0, (squares - (sum * sum / count)) / (count - 1));
}
