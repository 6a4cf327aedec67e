using System.Buffers;
using System.Runtime.InteropServices;
using CloudNativeAi.Inference.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// How one output becomes a tensor. Beside tensors there is the sequence of maps that scikit-learn's converter gives for
/// class probabilities (ZipMap): it becomes a matrix, one column per class in the order of the keys.
/// </summary>
internal sealed class OnnxOutput
{
    private readonly bool _isSequenceOfMaps;

    private OnnxOutput(TensorInfo info, bool isSequenceOfMaps)
    {
        Info = info;
        _isSequenceOfMaps = isSequenceOfMaps;
    }

    public TensorInfo Info { get; }

    /// <summary>Null when the protocol has no form for the output; it is then not offered.</summary>
    public static OnnxOutput? From(string name, NodeMetadata metadata)
    {
        if (metadata.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR)
        {
            return Datatypes.From(metadata.ElementDataType) is { } datatype
                ? new OnnxOutput(new TensorInfo(name, datatype, ShapeOf(metadata)), isSequenceOfMaps: false)
                : null;
        }

        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_SEQUENCE)
        {
            return null;
        }

        var element = metadata.AsSequenceMetadata().ElementMeta;
        return element.OnnxValueType == OnnxValueType.ONNX_TYPE_MAP
            && element.AsMapMetadata().ValueMetadata is { OnnxValueType: OnnxValueType.ONNX_TYPE_TENSOR, ElementDataType: TensorElementType.Float }
                ? new OnnxOutput(new TensorInfo(name, Datatype.Fp32, [-1, -1]), isSequenceOfMaps: true)
                : null;
    }

    public static long[] ShapeOf(NodeMetadata metadata) => [.. metadata.Dimensions.Select(dimension => dimension < 0 ? -1L : dimension)];

    public Tensor Read(OrtValue value)
    {
        if (_isSequenceOfMaps)
        {
            return ReadMaps(value);
        }

        var shape = value.GetTensorTypeAndShape().Shape;
        if (Info.Datatype == Datatype.Bytes)
        {
            return new Tensor(Info.Name, Info.Datatype, shape, ReadStrings(value, shape));
        }

        var raw = Shapes.ElementCount(shape) == 0 ? [] : value.GetTensorMutableRawData().ToArray();
        return new Tensor(Info.Name, Info.Datatype, shape, raw);
    }

    private static byte[] ReadStrings(OrtValue value, long[] shape)
    {
        var writer = new ArrayBufferWriter<byte>();
        var count = Shapes.ElementCount(shape)!.Value;
        for (var i = 0; i < count; i++)
        {
            BytesFraming.Append(writer, value.GetStringElementAsSpan(i));
        }

        return writer.WrittenSpan.ToArray();
    }

    private Tensor ReadMaps(OrtValue value)
    {
        var rows = value.GetValueCount();
        var columns = 0;
        var raw = new ArrayBufferWriter<byte>();
        value.ProcessSequence(
            (map, _) => map.ProcessMap(
                (_, probabilities) =>
                {
                    var row = probabilities.GetTensorDataAsSpan<float>();
                    columns = row.Length;
                    raw.Write(MemoryMarshal.AsBytes(row));
                },
                OrtAllocator.DefaultInstance),
            OrtAllocator.DefaultInstance);
        return new Tensor(Info.Name, Info.Datatype, [rows, columns], raw.WrittenSpan.ToArray());
    }
}
