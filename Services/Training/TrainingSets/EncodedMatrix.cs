namespace CloudNativeAi.Training.TrainingSets;

/// <summary>Rows as the model sees them, row-major, NaN where there is no value, with their labels.</summary>
internal sealed class EncodedMatrix(int columns, double[] values, bool[] labels)
{
    public int Rows { get; } = labels.Length;

    public int Columns { get; } = columns;

    public double[] Values { get; } = values.Length == (long)columns * labels.Length
        ? values
        : throw new ArgumentException($"{labels.Length} rows of {columns} columns are not {values.Length} values.", nameof(values));

    public bool[] Labels { get; } = labels;

    public ReadOnlySpan<double> Row(int row) => Values.AsSpan(row * Columns, Columns);

    public IEnumerable<double> Column(int column)
    {
        for (var row = 0; row < Rows; row++)
        {
            yield return Values[(row * Columns) + column];
        }
    }
}
