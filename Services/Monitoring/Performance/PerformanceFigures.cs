namespace CloudNativeAi.Monitoring.Performance;

/// <summary>What labelled predictions say about a model. Figures that do not apply are NaN.</summary>
internal sealed record PerformanceFigures(
    long Sample,
    AreaUnderCurve AreaUnderCurve,
    double LogLoss,
    double PositiveShare,
    double MeanScore,
    double MeanAbsoluteError,
    double RootMeanSquaredError)
{
    private const double LogLossClip = 1e-15;

    public static readonly PerformanceFigures None = new(
        0, AreaUnderCurve.None, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

    public static PerformanceFigures Of(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels)
    {
        if (scores.Length != labels.Length)
        {
            throw new ArgumentException("Every score needs a label.");
        }

        if (scores.IsEmpty)
        {
            return None;
        }

        return IsClassification(scores, labels) ? OfClasses(scores, labels) : OfRegression(scores, labels);
    }

    // The contract's labels are 1 or 0 for classes; a regression whose every truth and score looks like that is not told apart.
    private static bool IsClassification(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            if (labels[i] is not (0 or 1) || scores[i] is not (>= 0 and <= 1))
            {
                return false;
            }
        }

        return true;
    }

    private static PerformanceFigures OfClasses(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels)
    {
        var positive = new bool[labels.Length];
        var (loss, positives, sum) = (0.0, 0, 0.0);
        for (var i = 0; i < scores.Length; i++)
        {
            positive[i] = labels[i] == 1;
            positives += positive[i] ? 1 : 0;
            sum += scores[i];
            loss -= Math.Log(Math.Max(positive[i] ? scores[i] : 1 - scores[i], LogLossClip));
        }

        return new PerformanceFigures(
            scores.Length, AreaUnderCurve.Of(scores, positive), loss / scores.Length, (double)positives / scores.Length,
            sum / scores.Length, double.NaN, double.NaN);
    }

    private static PerformanceFigures OfRegression(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels)
    {
        var (sum, absolute, squared) = (0.0, 0.0, 0.0);
        for (var i = 0; i < scores.Length; i++)
        {
            var error = scores[i] - labels[i];
            sum += scores[i];
            absolute += Math.Abs(error);
            squared += error * error;
        }

        return new PerformanceFigures(
            scores.Length, AreaUnderCurve.None, double.NaN, double.NaN, sum / scores.Length,
            absolute / scores.Length, Math.Sqrt(squared / scores.Length));
    }
}
