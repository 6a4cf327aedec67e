using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Jobs;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>A training set in memory, ordered by entity timestamp, then event id.</summary>
internal sealed class TrainingTable
{
    public const string EventIdColumn = "event_id";
    public const string EntityTimestampColumn = "entity_timestamp";
    public const string LabelColumn = "label";

    private readonly Dictionary<string, TrainingColumn> _columns;

    /// <exception cref="JobFailedException">The rows are out of order, or the label is no class.</exception>
    public TrainingTable(TrainingSet set, IReadOnlyList<TrainingColumn> columns, int rows)
    {
        Set = set;
        Rows = rows;
        _columns = columns.ToDictionary(column => column.Name, StringComparer.Ordinal);
        EntityTimestamps = ReadEntityTimestamps();
        Labels = ReadLabels();
    }

    public TrainingSet Set { get; }

    public int Rows { get; }

    public long[] EntityTimestamps { get; }

    public bool[] Labels { get; }

    public TrainingColumn? Find(string name) => _columns.GetValueOrDefault(name);

    private long[] ReadEntityTimestamps()
    {
        var column = _columns[EntityTimestampColumn];
        var timestamps = new long[Rows];
        for (var row = 0; row < Rows; row++)
        {
            timestamps[row] = column[row].AsTimestamp();
            if (row > 0 && timestamps[row] < timestamps[row - 1])
            {
                throw new JobFailedException($"The training set {Set.Digest} is not ordered by entity timestamp at row {row}.");
            }
        }

        return timestamps;
    }

    private bool[] ReadLabels()
    {
        var column = _columns[LabelColumn];
        var labels = new bool[Rows];
        for (var row = 0; row < Rows; row++)
        {
            var value = column[row];
            labels[row] = value switch
            {
                { IsNull: false, Type: ModelType.Bool } => value.AsBool(),
                { IsNull: false, Type: ModelType.Int64 or ModelType.Double } when value.AsNumber() is 0 or 1 => value.AsNumber() == 1,
                _ => throw new JobFailedException($"The label '{Set.Label}' has the value {value} in row {row}; only true and false (or 1 and 0) can be learned."),
            };
        }

        return labels;
    }
}
