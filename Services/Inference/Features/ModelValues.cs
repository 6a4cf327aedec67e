using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Features;

internal static class ModelValues
{
    public static ModelValue ToModelValue(this Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => ModelValue.Of(value.StringValue),
        Value.KindOneofCase.Int64Value => ModelValue.Of(value.Int64Value),
        Value.KindOneofCase.DoubleValue => ModelValue.Of(value.DoubleValue),
        Value.KindOneofCase.BoolValue => ModelValue.Of(value.BoolValue),
        Value.KindOneofCase.TimestampMicros => ModelValue.Timestamp(value.TimestampMicros),
        _ => ModelValue.Null,
    };

    public static Value ToValue(this ModelValue value)
    {
        if (value.IsNull)
        {
            return new Value();
        }

        return value.Type switch
        {
            ModelType.String => new Value { StringValue = value.AsString() },
            ModelType.Int64 => new Value { Int64Value = value.AsInt64() },
            ModelType.Double => new Value { DoubleValue = value.AsNumber() },
            ModelType.Bool => new Value { BoolValue = value.AsBool() },
            ModelType.Timestamp => new Value { TimestampMicros = value.AsTimestamp() },
            _ => throw new InvalidOperationException($"A value of type {value.Type} never leaves an expression."),
        };
    }
}
