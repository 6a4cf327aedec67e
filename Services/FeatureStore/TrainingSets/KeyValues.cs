using CloudNativeAi.Contracts.Common;
using DuckDB.NET.Data;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>The values of one join key, one for each row.</summary>
internal sealed record KeyValues(string Name, ValueType Type, IReadOnlyList<Value> Values)
{
    /// <summary>True when every value is of the key's type or null.</summary>
    public bool IsWellTyped => Values.All(value => value.KindCase == Value.KindOneofCase.None || value.KindCase == Kind);

    private Value.KindOneofCase Kind => Type switch
    {
        ValueType.String => Value.KindOneofCase.StringValue,
        ValueType.Int64 => Value.KindOneofCase.Int64Value,
        ValueType.Double => Value.KindOneofCase.DoubleValue,
        ValueType.Bool => Value.KindOneofCase.BoolValue,
        _ => Value.KindOneofCase.TimestampMicros,
    };

    public void Append(IDuckDBAppenderRow row, int index)
    {
        var value = Values[index];
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                row.AppendValue(value.StringValue);
                break;
            case Value.KindOneofCase.Int64Value:
                row.AppendValue((long?)value.Int64Value);
                break;
            case Value.KindOneofCase.DoubleValue:
                row.AppendValue((double?)value.DoubleValue);
                break;
            case Value.KindOneofCase.BoolValue:
                row.AppendValue((bool?)value.BoolValue);
                break;
            case Value.KindOneofCase.TimestampMicros:
                row.AppendValue((long?)value.TimestampMicros);
                break;
            default:
                row.AppendNullValue();
                break;
        }
    }
}
