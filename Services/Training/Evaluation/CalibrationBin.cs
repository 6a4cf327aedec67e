namespace CloudNativeAi.Training.Evaluation;

internal sealed record CalibrationBin(long Rows, double MeanScore, double PositiveShare)
{
    private const int Bins = 10;

    /// <summary>Rows ordered by score, in ten parts of equal size.</summary>
    public static List<CalibrationBin> Tenths(double[] scores, bool[] labels)
    {
        var sorted = (double[])scores.Clone();
        var sortedLabels = (bool[])labels.Clone();
        Array.Sort(sorted, sortedLabels);
        var bins = new List<CalibrationBin>();
        for (var bin = 0; bin < Bins; bin++)
        {
            var from = (int)((long)bin * sorted.Length / Bins);
            var to = (int)((long)(bin + 1) * sorted.Length / Bins);
            if (to > from)
            {
                bins.Add(new CalibrationBin(to - from, sorted[from..to].Average(), (double)sortedLabels.AsSpan(from, to - from).Count(true) / (to - from)));
            }
        }

        return bins;
    }
}
