using CloudNativeAi.FeatureStore.Transformations;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>Values of features and keys in the tables of a join: instants as microseconds.</summary>
internal static class SqlTypes
{
    public static string Of(ValueType type) => type switch
    {
        ValueType.String => "VARCHAR",
        ValueType.Double => "DOUBLE",
        ValueType.Bool => "BOOLEAN",
        ValueType.Int64 or ValueType.Timestamp => "BIGINT",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of a value."),
    };

    public static void Append(this IDuckDBAppenderRow row, in FeatureValue value)
    {
        // What is missing or too old for serving is missing for training.
        if (value.Status != FeatureStatus.Present)
        {
            row.AppendNullValue();
            return;
        }

        switch (value.Type)
        {
            case ValueType.String:
                row.AppendValue(value.Text);
                break;
            case ValueType.Double:
                row.AppendValue((double?)value.Double);
                break;
            case ValueType.Bool:
                row.AppendValue((bool?)(value.Int64 != 0));
                break;
            default:
                row.AppendValue((long?)value.Int64);
                break;
        }
    }

    /// <summary>A column of a result as a feature's value, present or null.</summary>
    public static FeatureValue ReadFeature(this DuckDBDataReader reader, int ordinal, ValueType type, long eventTimestamp)
    {
        if (reader.IsDBNull(ordinal))
        {
            return FeatureValue.Null(type, eventTimestamp);
        }

        return type switch
        {
            ValueType.String => FeatureValue.OfText(reader.GetString(ordinal), eventTimestamp),
            ValueType.Double => FeatureValue.OfDouble(reader.GetDouble(ordinal), eventTimestamp),
            ValueType.Bool => FeatureValue.OfInt64(type, reader.GetBoolean(ordinal) ? 1 : 0, eventTimestamp),
            _ => FeatureValue.OfInt64(type, reader.GetInt64(ordinal), eventTimestamp),
        };
    }
}
