using CloudNativeAi.Training.Jobs;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>The older rows train, the newest validate: a model is always asked about a time after its training.</summary>
/// <param name="TrainRows">Rows [0, TrainRows) train, the rest validates.</param>
internal readonly record struct RowSplit(int TrainRows, int Rows)
{
    public const double DefaultValidationShare = 0.2;
    private const int MinTrainRows = 100;
    private const int MinValidationRows = 50;

    /// <summary>The cut lies between two different entity timestamps, so that rows of one instant are on one side.</summary>
    /// <exception cref="JobFailedException">Too few rows, or only one class on a side.</exception>
    public static RowSplit ByTime(TrainingTable table, double validationShare)
    {
        var share = validationShare == 0 ? DefaultValidationShare : validationShare;
        var cut = (int)Math.Round(table.Rows * (1 - share));
        while (cut > 0 && cut < table.Rows && table.EntityTimestamps[cut] == table.EntityTimestamps[cut - 1])
        {
            cut++;
        }

        var split = new RowSplit(cut, table.Rows);
        if (cut < MinTrainRows || table.Rows - cut < MinValidationRows)
        {
            throw new JobFailedException(
                $"The training set has {table.Rows} rows, {cut} to train on and {table.Rows - cut} to validate on; at least {MinTrainRows} and {MinValidationRows} are needed.");
        }

        CheckClasses(table.Labels.AsSpan(0, cut), "training");
        CheckClasses(table.Labels.AsSpan(cut), "validation");
        return split;
    }

    private static void CheckClasses(ReadOnlySpan<bool> labels, string part)
    {
        if (!labels.Contains(true) || !labels.Contains(false))
        {
            throw new JobFailedException($"The {part} rows are all {(labels.Contains(true) ? "positive" : "negative")}; both classes are needed.");
        }
    }
}
