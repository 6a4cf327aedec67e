using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Features;

/// <summary>One row of online features.</summary>
internal sealed class FetchedFeatures
{
    private readonly FeatureColumn[] _columns;
    private readonly int _row;

    private FetchedFeatures(FeatureColumn[] columns, int row, long asOfMicros) => (_columns, _row, AsOfMicros) = (columns, row, asOfMicros);

    /// <returns>One for each row, in order.</returns>
    /// <exception cref="InferenceException">The answer is not what was asked for.</exception>
    public static IReadOnlyList<FetchedFeatures> Read(IReadOnlyList<string> names, GetOnlineFeaturesResponse response, int rows)
    {
        var columns = new FeatureColumn[names.Count];
        for (var i = 0; i < names.Count; i++)
        {
            // In the order asked for, as a rule.
            columns[i] = i < response.Columns.Count && response.Columns[i].Name == names[i]
                ? response.Columns[i]
                : response.Columns.FirstOrDefault(column => column.Name == names[i])
                    ?? throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The feature store did not answer for the feature '{names[i]}'.");
            if (columns[i].Statuses.Length != rows)
            {
                throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The feature store answered {columns[i].Statuses.Length} rows for '{names[i]}' where {rows} were asked for.");
            }
        }

        return [.. Enumerable.Range(0, rows).Select(row => new FetchedFeatures(columns, row, response.AsOfMicros))];
    }

    public long AsOfMicros { get; }

    public FeatureStatus StatusOf(int index) => (FeatureStatus)_columns[index].Statuses[_row];

    /// <summary>0: none.</summary>
    public long EventTimestampOf(int index) => _columns[index].EventTimestampsMicros.Count == 0 ? 0 : _columns[index].EventTimestampsMicros[_row];

    /// <summary>Null unless the value is present: a stale one is null in training sets as well.</summary>
    public ModelValue ValueOf(int index)
    {
        if (StatusOf(index) != FeatureStatus.Present)
        {
            return ModelValue.Null;
        }

        var column = _columns[index];
        return column.Type switch
        {
            Contracts.Common.ValueType.Double => ModelValue.Of(column.Doubles[_row]),
            Contracts.Common.ValueType.Int64 => ModelValue.Of(column.Int64S[_row]),
            Contracts.Common.ValueType.Bool => ModelValue.Of(column.Bools[_row]),
            Contracts.Common.ValueType.String => ModelValue.Of(column.Strings[_row]),
            Contracts.Common.ValueType.Timestamp => ModelValue.Timestamp(column.TimestampsMicros[_row]),
            _ => throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The feature store answered '{column.Name}' without a type."),
        };
    }
}
