namespace CloudNativeAi.Modeling.Onnx;

/// <summary>TensorProto, and the attributes that hold one or a list of integers.</summary>
internal static class OnnxTensor
{
    public const long UInt8 = 2;
    public const long Int64 = 7;
    public const long Double = 11;

    private const long IntegerAttribute = 2;
    private const long TensorAttribute = 4;
    private const long IntegersAttribute = 7;

    public static ProtobufWriter Of(ReadOnlySpan<double> values, params ReadOnlySpan<long> shape) => Raw(Double, ProtobufWriter.LittleEndian(values), shape);

    public static ProtobufWriter Of(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) => Raw(Int64, ProtobufWriter.LittleEndian(values), shape);

    public static ProtobufWriter Of(ReadOnlySpan<byte> values, params ReadOnlySpan<long> shape) => Raw(UInt8, values, shape);

    public static ProtobufWriter Attribute(string name, long value) =>
        new ProtobufWriter().Text(1, name).Int64(3, value).Int64(20, IntegerAttribute);

    public static ProtobufWriter Attribute(string name, IEnumerable<long> values) =>
        new ProtobufWriter().Text(1, name).PackedInt64s(8, values).Int64(20, IntegersAttribute);

    public static ProtobufWriter Attribute(string name, ProtobufWriter tensor) =>
        new ProtobufWriter().Text(1, name).Message(5, tensor).Int64(20, TensorAttribute);

    private static ProtobufWriter Raw(long type, ReadOnlySpan<byte> bytes, ReadOnlySpan<long> shape) =>
        new ProtobufWriter().PackedInt64s(1, shape.ToArray()).Int64(2, type).Bytes(9, bytes);
}
