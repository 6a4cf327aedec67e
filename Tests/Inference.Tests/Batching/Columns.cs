using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Tests.Batching;

/// <summary>Small tensors.</summary>
internal static class Columns
{
    public static Tensor Column(params float[] values) => new("X", Datatype.Fp32, [values.Length, 1], Raw(values));

    public static Tensor Matrix(params float[] row) => new("X", Datatype.Fp32, [1, row.Length], Raw(row));

    public static Tensor Text(string text)
    {
        var writer = new ArrayBufferWriter<byte>();
        BytesFraming.Append(writer, Encoding.UTF8.GetBytes(text));
        return new Tensor("X", Datatype.Bytes, [1, 1], writer.WrittenMemory);
    }

    private static byte[] Raw(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    public static float[] Values(Tensor[] answer) => MemoryMarshal.Cast<byte, float>(answer[0].Raw.Span).ToArray();
}
