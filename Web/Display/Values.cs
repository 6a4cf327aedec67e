using System.Globalization;
using CloudNativeAi.Contracts.Common;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Display;

/// <summary>Values of the contracts as text, and text as values of a type.</summary>
public static class Values
{
    public static string Text(Value? value) => value?.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue,
        Value.KindOneofCase.Int64Value => Format.Number(value.Int64Value),
        Value.KindOneofCase.DoubleValue => Format.Number(value.DoubleValue),
        Value.KindOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        Value.KindOneofCase.TimestampMicros => Instants.FromMicros(value.TimestampMicros) is { } instant ? Instants.Iso(instant) : Format.Unknown,
        _ => "null",
    };

    /// <summary>Such as "origin PDX, carrier AS".</summary>
    public static string Keys(IEnumerable<KeyValuePair<string, Value>> keys) =>
        string.Join(", ", keys.OrderBy(key => key.Key, StringComparer.Ordinal).Select(key => $"{key.Key} {Text(key.Value)}"));

    public static string TypeName(ValueType type) => type switch
    {
        ValueType.String => "string",
        ValueType.Int64 => "int64",
        ValueType.Double => "double",
        ValueType.Bool => "bool",
        ValueType.Timestamp => "timestamp",
        _ => "unknown",
    };

    public static ValueType ParseType(string name) => name.ToUpperInvariant() switch
    {
        "STRING" => ValueType.String,
        "INT64" => ValueType.Int64,
        "DOUBLE" => ValueType.Double,
        "BOOL" => ValueType.Bool,
        "TIMESTAMP" => ValueType.Timestamp,
        _ => ValueType.Unspecified,
    };

    /// <summary>Reads what a person typed; null with a reason when it is not of the type. Empty text is the null value.</summary>
    public static Value? Parse(string text, ValueType type, out string reason)
    {
        reason = "";
        var trimmed = text.Trim();
        if (trimmed.Length == 0)
        {
            return new Value();
        }

        switch (type)
        {
            case ValueType.Int64 when long.TryParse(trimmed, NumberStyles.Integer, CultureInfo.InvariantCulture, out var integer):
                return new Value { Int64Value = integer };
            case ValueType.Double when double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                return new Value { DoubleValue = number };
            case ValueType.Bool when bool.TryParse(trimmed, out var flag):
                return new Value { BoolValue = flag };
            case ValueType.Timestamp when TryInstant(trimmed, out var instant):
                return new Value { TimestampMicros = Instants.ToMicros(instant) };
            case ValueType.String or ValueType.Unspecified:
                return new Value { StringValue = trimmed };
        }

        reason = type switch
        {
            ValueType.Int64 => "A whole number, such as 42.",
            ValueType.Double => "A number, such as 12.5.",
            ValueType.Bool => "true or false.",
            ValueType.Timestamp => "An instant in UTC, such as 2013-08-01T14:00:00Z.",
            _ => "Not of the expected type.",
        };
        return null;
    }

    public static bool TryInstant(string text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant)
        && instant > DateTimeOffset.UnixEpoch;
}
