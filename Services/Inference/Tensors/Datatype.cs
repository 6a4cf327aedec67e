using Microsoft.ML.OnnxRuntime.Tensors;

namespace CloudNativeAi.Inference.Tensors;

/// <summary>The element types of the Open Inference Protocol.</summary>
internal enum Datatype
{
    Bool,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Int8,
    Int16,
    Int32,
    Int64,
    Fp16,
    Bf16,
    Fp32,
    Fp64,

    /// <summary>Strings or blobs; raw form: each element after its length, a little-endian uint32.</summary>
    Bytes,
}

internal static class Datatypes
{
    private static readonly string[] Names = ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"];
    private static readonly int[] Sizes = [1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8, 0];

    private static readonly TensorElementType[] Elements =
    [
        TensorElementType.Bool, TensorElementType.UInt8, TensorElementType.UInt16, TensorElementType.UInt32, TensorElementType.UInt64,
        TensorElementType.Int8, TensorElementType.Int16, TensorElementType.Int32, TensorElementType.Int64,
        TensorElementType.Float16, TensorElementType.BFloat16, TensorElementType.Float, TensorElementType.Double, TensorElementType.String,
    ];

    /// <summary>The name in the protocol, such as FP32.</summary>
    public static string ToName(this Datatype datatype) => Names[(int)datatype];

    /// <summary>Bytes of one element; 0 for BYTES, whose elements vary.</summary>
    public static int ElementSize(this Datatype datatype) => Sizes[(int)datatype];

    public static TensorElementType ToElementType(this Datatype datatype) => Elements[(int)datatype];

    public static bool TryParse(string name, out Datatype datatype)
    {
        datatype = (Datatype)Array.IndexOf(Names, name);
        return datatype >= 0;
    }

    /// <summary>Null for element types the protocol has no name for, such as complex numbers.</summary>
    public static Datatype? From(TensorElementType element)
    {
        var index = Array.IndexOf(Elements, element);
        return index < 0 ? null : (Datatype)index;
    }
}
