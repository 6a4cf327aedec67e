using System.Runtime.InteropServices;
using CloudNativeAi.Contracts.OpenInference;
using Google.Protobuf;

namespace CloudNativeAi.Inference.Tests.Support;

internal static class InferRequests
{
    public static ModelInferRequest Raw<T>(string model, string datatype, long[] shape, params T[] values)
        where T : unmanaged => new()
        {
            ModelName = model,
            Inputs = { Input("X", datatype, shape) },
            RawInputContents = { ByteString.CopyFrom(Bytes(values)) },
        };

    public static ModelInferRequest.Types.InferInputTensor Input(string name, string datatype, long[] shape, InferTensorContents? contents = null) =>
        new() { Name = name, Datatype = datatype, Shape = { shape }, Contents = contents };

    /// <summary>The values as raw contents and binary tensors carry them: little-endian, one after another.</summary>
    public static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    public static T[] Values<T>(this ModelInferResponse response, int output = 0)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(response.RawOutputContents[output].Span).ToArray();
}
