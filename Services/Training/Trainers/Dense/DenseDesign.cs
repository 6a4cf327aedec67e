using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Dense;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Trainers.Dense;

/// <summary>
/// The rows as a dense model takes them: a block of standardized numbers, and per row the few inputs that are 1 (missing flags
/// and categories), which are not worth storing as mostly zeros.
/// </summary>
internal sealed class DenseDesign
{
    private readonly double[] _numbers;
    private readonly int[] _flags;
    private readonly int[] _flagStarts;

    public DenseDesign(DenseInput input, EncodedMatrix matrix)
    {
        Input = input;
        Labels = matrix.Labels;
        _numbers = new double[matrix.Rows * input.Numeric.Count];
        _flagStarts = new int[matrix.Rows + 1];
        var flags = new List<int>(matrix.Rows * (input.Categorical.Count + 1));
        var expanded = new double[input.Width];
        for (var row = 0; row < matrix.Rows; row++)
        {
            input.Expand(matrix.Row(row), expanded);
            expanded.AsSpan(0, input.Numeric.Count).CopyTo(_numbers.AsSpan(row * input.Numeric.Count));
            for (var index = input.Numeric.Count; index < input.Width; index++)
            {
                if (expanded[index] != 0)
                {
                    flags.Add(index);
                }
            }

            _flagStarts[row + 1] = flags.Count;
        }

        _flags = [.. flags];
    }

    public DenseInput Input { get; }

    public bool[] Labels { get; }

    public int Rows => Labels.Length;

    public ReadOnlySpan<double> Numbers(int row) => _numbers.AsSpan(row * Input.Numeric.Count, Input.Numeric.Count);

    /// <summary>Inputs that are 1.</summary>
    public ReadOnlySpan<int> Flags(int row) => _flags.AsSpan(_flagStarts[row].._flagStarts[row + 1]);

    /// <summary>Means and deviations of the training rows; columns that never vary are left out.</summary>
    public static DenseInput Fit(EncodedMatrix train, IReadOnlyList<SignatureFeature> features)
    {
        List<int> numeric = [], canBeMissing = [], categorical = [], categoryCounts = [];
        List<double> means = [], deviations = [];
        for (var column = 0; column < features.Count; column++)
        {
            if (features[column].Kind == FeatureKind.Categorical)
            {
                categorical.Add(column);
                categoryCounts.Add(features[column].Vocabulary!.Count);
                continue;
            }

            var (mean, deviation, missing) = Moments(train, column);
            if (deviation > 0 && double.IsFinite(1 / deviation))
            {
                numeric.Add(column);
                means.Add(mean);
                deviations.Add(deviation);
            }

            if (missing > 0 && missing < train.Rows)
            {
                canBeMissing.Add(column);
            }
        }

        return new DenseInput(features.Count, numeric, means, deviations, canBeMissing, categorical, categoryCounts);
    }

    private static (double Mean, double Deviation, int Missing) Moments(EncodedMatrix matrix, int column)
    {
        double sum = 0;
        var count = 0;
        foreach (var value in matrix.Column(column))
        {
            if (!double.IsNaN(value))
            {
                sum += value;
                count++;
            }
        }

        var mean = count == 0 ? 0 : sum / count;
        double squares = 0;
        foreach (var value in matrix.Column(column))
        {
            squares += double.IsNaN(value) ? 0 : (value - mean) * (value - mean);
        }

        return (mean, count == 0 ? 0 : Math.Sqrt(squares / count), matrix.Rows - count);
    }
}
