using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Jobs;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>Runs the encoder that serving runs over the rows of a training set.</summary>
internal static class TableEncoder
{
    private const int CheckEveryRows = 1_024;

    /// <summary>Names of inputs that the table has not, or has with another type.</summary>
    public static IReadOnlyList<string> FindMissing(FeatureEncoder encoder, TrainingTable table) =>
        [.. encoder.Inputs.Where(input => table.Find(input.Name) is not { } column || !Fits(column.Type, input.Type)).Select(input => input.Name)];

    public static EncodedMatrix Encode(FeatureEncoder encoder, TrainingTable table, int from, int to, CancellationToken cancellationToken)
    {
        var values = new double[(long)(to - from) * encoder.FeatureCount];
        ForEachRow(
            encoder, table, from, to,
            (row, inputs) => encoder.Encode(inputs, values.AsSpan((row - from) * encoder.FeatureCount, encoder.FeatureCount)),
            cancellationToken);
        return new EncodedMatrix(encoder.FeatureCount, values, table.Labels[from..to]);
    }

    /// <summary>Calls back with the raw values of each row, in the encoder's order.</summary>
    public static void ForEachRow(
        FeatureEncoder encoder, TrainingTable table, int from, int to, Action<int, ModelValue[]> action, CancellationToken cancellationToken)
    {
        var missing = FindMissing(encoder, table);
        if (missing.Count > 0)
        {
            throw new JobFailedException($"The training set has no column for {string.Join(", ", missing.Select(name => $"'{name}'"))} of the type that the signature says.");
        }

        var columns = encoder.Inputs.Select(input => table.Find(input.Name)!).ToArray();
        var inputs = new ModelValue[columns.Length];
        for (var row = from; row < to; row++)
        {
            if (row % CheckEveryRows == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            for (var index = 0; index < columns.Length; index++)
            {
                inputs[index] = columns[index][row];
            }

            action(row, inputs);
        }
    }

    private static bool Fits(ModelType column, ModelType input) => column == input || (column, input) == (ModelType.Int64, ModelType.Double);
}
