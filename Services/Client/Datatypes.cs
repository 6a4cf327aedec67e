namespace CloudNativeAi.Client;

/// <summary>The names that the Open Inference Protocol has for element types.</summary>
internal static class Datatypes
{
    public const string Bytes = "BYTES";

    private static readonly Dictionary<Type, string> Names = new()
    {
        [typeof(bool)] = "BOOL", [typeof(byte)] = "UINT8", [typeof(ushort)] = "UINT16", [typeof(uint)] = "UINT32", [typeof(ulong)] = "UINT64",
        [typeof(sbyte)] = "INT8", [typeof(short)] = "INT16", [typeof(int)] = "INT32", [typeof(long)] = "INT64",
        [typeof(Half)] = "FP16", [typeof(float)] = "FP32", [typeof(double)] = "FP64",
    };

    public static string Of<T>() => Names.TryGetValue(typeof(T), out var name)
        ? name
        : throw new ArgumentException($"The Open Inference Protocol has no datatype for {typeof(T)}.");
}
