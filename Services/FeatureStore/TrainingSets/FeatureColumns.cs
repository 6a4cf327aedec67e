using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Transformations;
using Google.Protobuf;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>Values of a feature as the column of an answer.</summary>
internal static class FeatureColumns
{
    public static Contracts.FeatureStore.FeatureColumn Create(FeatureReference feature, ReadOnlySpan<FeatureValue> values)
    {
        var column = new Contracts.FeatureStore.FeatureColumn { Name = feature.FullName, Type = feature.Type };
        var statuses = new byte[values.Length];
        for (var row = 0; row < values.Length; row++)
        {
            ref readonly var value = ref values[row];
            statuses[row] = (byte)value.Status;
            column.EventTimestampsMicros.Add(value.EventTimestampMicros);
            switch (feature.Type)
            {
                case ValueType.Double:
                    column.Doubles.Add(value.HasValue ? value.Double : double.NaN);
                    break;
                case ValueType.Int64:
                    column.Int64S.Add(value.HasValue ? value.Int64 : 0);
                    break;
                case ValueType.Bool:
                    column.Bools.Add(value.HasValue && value.Int64 != 0);
                    break;
                case ValueType.Timestamp:
                    column.TimestampsMicros.Add(value.HasValue ? value.Int64 : 0);
                    break;
                default:
                    column.Strings.Add(value.HasValue ? value.Text! : "");
                    break;
            }
        }

        column.Statuses = UnsafeByteOperations.UnsafeWrap(statuses);
        return column;
    }
}
