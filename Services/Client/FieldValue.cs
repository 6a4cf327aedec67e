using CloudNativeAi.Contracts.Common;

namespace CloudNativeAi.Client;

/// <summary>An entity key or a request field: a text, a number, a truth value or an instant.</summary>
public readonly struct FieldValue
{
    private readonly Value? _value;

    private FieldValue(Value value) => _value = value;

    /// <summary>No value.</summary>
    public static FieldValue Null => default;

    public static implicit operator FieldValue(string value) => new(new Value { StringValue = value });

    public static implicit operator FieldValue(long value) => new(new Value { Int64Value = value });

    public static implicit operator FieldValue(double value) => new(new Value { DoubleValue = value });

    public static implicit operator FieldValue(bool value) => new(new Value { BoolValue = value });

    /// <summary>To the microsecond.</summary>
    public static implicit operator FieldValue(DateTimeOffset value) => new(new Value { TimestampMicros = (value - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond });

    internal Value ToValue() => _value ?? new Value();
}
