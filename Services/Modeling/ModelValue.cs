using System.Globalization;

namespace CloudNativeAi.Modeling;

/// <summary>One value, or null (the default). NaN and infinities are values here; arithmetic turns them into null.</summary>
public readonly struct ModelValue : IEquatable<ModelValue>
{
    private readonly long _bits;
    private readonly string? _text;
    private readonly ModelType _type;

    private ModelValue(ModelType type, long bits, string? text)
    {
        _type = type;
        _bits = bits;
        _text = text;
    }

    public static ModelValue Null => default;

    public static ModelValue True { get; } = new(ModelType.Bool, 1, null);

    public static ModelValue False { get; } = new(ModelType.Bool, 0, null);

    public bool IsNull => _type == default;

    /// <summary>Undefined for null: ask <see cref="IsNull"/> first.</summary>
    public ModelType Type => _type;

    public static ModelValue Of(string? value) => value is null ? default : new(ModelType.String, 0, value);

    public static ModelValue Of(long value) => new(ModelType.Int64, value, null);

    public static ModelValue Of(double value) => new(ModelType.Double, BitConverter.DoubleToInt64Bits(value), null);

    public static ModelValue Of(bool value) => value ? True : False;

    public static ModelValue Timestamp(long microseconds) => new(ModelType.Timestamp, microseconds, null);

    public static ModelValue Duration(long microseconds) => new(ModelType.Duration, microseconds, null);

    /// <summary>Null when the number is NaN or infinite: there is no such value.</summary>
    internal static ModelValue Finite(double value) => double.IsFinite(value) ? Of(value) : default;

    public string AsString() => _type == ModelType.String ? _text! : throw Not("a string");

    public long AsInt64() => _type == ModelType.Int64 ? _bits : throw Not("an int64");

    public bool AsBool() => _type == ModelType.Bool ? _bits != 0 : throw Not("a bool");

    /// <summary>Microseconds since the epoch.</summary>
    public long AsTimestamp() => _type == ModelType.Timestamp ? _bits : throw Not("a timestamp");

    /// <summary>Microseconds.</summary>
    public long AsDuration() => _type == ModelType.Duration ? _bits : throw Not("a duration");

    /// <summary>The number of an int64 or a double.</summary>
    public double AsNumber() => _type switch
    {
        ModelType.Double => BitConverter.Int64BitsToDouble(_bits),
        ModelType.Int64 => _bits,
        _ => throw Not("a number"),
    };

    /// <summary>The value as a feature of this type: itself, or an int64 as a double. Throws <see cref="ExpressionException"/> otherwise.</summary>
    public ModelValue As(ModelType type)
    {
        if (IsNull || _type == type)
        {
            return this;
        }

        return _type == ModelType.Int64 && type == ModelType.Double ? Of((double)_bits) : throw Not($"a value of type {type.ToName()}");
    }

    public bool Equals(ModelValue other) => _type == other._type && _bits == other._bits && string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is ModelValue other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_type, _bits, _text);

    public static bool operator ==(ModelValue left, ModelValue right) => left.Equals(right);

    public static bool operator !=(ModelValue left, ModelValue right) => !left.Equals(right);

    public override string ToString() => _type switch
    {
        ModelType.String => _text!,
        ModelType.Int64 or ModelType.Timestamp or ModelType.Duration => _bits.ToString(CultureInfo.InvariantCulture),
        ModelType.Double => AsNumber().ToString("R", CultureInfo.InvariantCulture),
        ModelType.Bool => _bits != 0 ? "true" : "false",
        _ => "null",
    };

    private ExpressionException Not(string expected) =>
        new($"{expected} was expected, but the value is {(IsNull ? "null" : $"of type {_type.ToName()}")}");
}
