namespace CloudNativeAi.Modeling;

/// <summary>The type of a field or feature. The numbers are those of ValueType in the contracts.</summary>
public enum ModelType
{
    String = 1,
    Int64 = 2,
    Double = 3,
    Bool = 4,

    /// <summary>Microseconds since 1970-01-01T00:00:00Z.</summary>
    Timestamp = 5,

    /// <summary>Microseconds between two timestamps. Exists inside expressions only.</summary>
    Duration = 6,
}

public static class ModelTypes
{
    /// <summary>The type as YAML and JSON write it: string, int64, double, bool, timestamp.</summary>
    public static string ToName(this ModelType type) => type switch
    {
        ModelType.String => "string",
        ModelType.Int64 => "int64",
        ModelType.Double => "double",
        ModelType.Bool => "bool",
        ModelType.Timestamp => "timestamp",
        ModelType.Duration => "duration",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type."),
    };

    /// <summary>False for anything but the five names of types of values.</summary>
    public static bool TryParse(string? name, out ModelType type)
    {
        type = name switch
        {
            "string" => ModelType.String,
            "int64" => ModelType.Int64,
            "double" => ModelType.Double,
            "bool" => ModelType.Bool,
            "timestamp" => ModelType.Timestamp,
            _ => default,
        };
        return type != default;
    }
}
