using System.Buffers;
using CloudNativeAi.Inference.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace CloudNativeAi.Inference.Models;

/// <summary>An ONNX Runtime session and what it takes and gives, in the protocol's terms. Safe for concurrent runs.</summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly OnnxOutput[] _outputs;
    private readonly string[] _outputNames;

    private OnnxModel(InferenceSession session)
    {
        _session = session;
        Inputs = [.. session.InputNames.Select(name => Describe(name, session.InputMetadata[name]))];
        _outputs = [.. session.OutputNames.Select(name => OnnxOutput.From(name, session.OutputMetadata[name])).OfType<OnnxOutput>()];
        if (_outputs.Length == 0)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, "The model has no output that is a tensor.");
        }

        Outputs = [.. _outputs.Select(output => output.Info)];
        _outputNames = [.. Outputs.Select(output => output.Name)];
        AllOutputs = [.. Enumerable.Range(0, Outputs.Count)];
        Properties = new Dictionary<string, string>(session.ModelMetadata.CustomMetadataMap, StringComparer.Ordinal);
    }

    public IReadOnlyList<TensorInfo> Inputs { get; }

    public IReadOnlyList<TensorInfo> Outputs { get; }

    /// <summary>The indexes of all outputs, in order; not to be changed.</summary>
    public int[] AllOutputs { get; }

    /// <summary>The model's own metadata.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; }

    /// <summary>Every tensor's first dimension may have any size: what a batch needs. Whether it is one, <see cref="BatchProbe"/> finds out.</summary>
    public bool MayBeBatched => Inputs.Concat(Outputs).All(tensor => tensor.Shape is [-1, ..]);

    /// <exception cref="InferenceException">The file is not a model this runtime can run.</exception>
    public static OnnxModel Load(string path, ExecutionProvider provider, int intraOpThreads)
    {
        using var options = provider.CreateSessionOptions(intraOpThreads);
        InferenceSession? session = null;
        try
        {
            session = new InferenceSession(path, options);
            return new OnnxModel(session);
        }
        catch (OnnxRuntimeException exception)
        {
            session?.Dispose();
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"ONNX Runtime cannot load the model: {exception.Message}", exception);
        }
        catch (InferenceException)
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>One run.</summary>
    /// <param name="inputs">In the order of <see cref="Inputs"/>, checked against them.</param>
    /// <param name="outputs">Indexes into <see cref="Outputs"/>.</param>
    /// <exception cref="InferenceException">ONNX Runtime refused the values.</exception>
    public Tensor[] Run(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<int> outputs)
    {
        var values = new OrtValue[inputs.Length];
        var pins = new MemoryHandle[inputs.Length];
        var made = 0;
        try
        {
            for (; made < inputs.Length; made++)
            {
                values[made] = CreateValue(inputs[made], out pins[made]);
            }

            using var results = _session.Run(_runOptions, _session.InputNames, values, NamesOf(outputs));
            var tensors = new Tensor[outputs.Length];
            for (var i = 0; i < tensors.Length; i++)
            {
                tensors[i] = _outputs[outputs[i]].Read(results[i]);
            }

            return tensors;
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException(InferenceErrorKind.Internal, $"onnx runtime error: {exception.Message}", exception);
        }
        finally
        {
            for (var i = 0; i < made; i++)
            {
                values[i].Dispose();
                pins[i].Dispose();
            }
        }
    }

    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }

    // All outputs, in order, is the common case and needs no new array.
    private string[] NamesOf(ReadOnlySpan<int> outputs)
    {
        if (outputs.SequenceEqual(AllOutputs))
        {
            return _outputNames;
        }

        var names = new string[outputs.Length];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = _outputNames[outputs[i]];
        }

        return names;
    }

    private static unsafe OrtValue CreateValue(in Tensor tensor, out MemoryHandle pin)
    {
        pin = default;
        if (tensor.Datatype == Datatype.Bytes)
        {
            return CreateStrings(tensor);
        }

        var elementType = tensor.Datatype.ToElementType();
        if (tensor.Raw.IsEmpty)
        {
            return OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, elementType, tensor.Shape);
        }

        var handle = tensor.Raw.Pin();
        if ((nint)handle.Pointer % tensor.Datatype.ElementSize() != 0)
        {
            // A slice of a larger message: kernels may read aligned only.
            handle.Dispose();
            var copied = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, elementType, tensor.Shape);
            tensor.Raw.Span.CopyTo(copied.GetTensorMutableRawData());
            return copied;
        }

        pin = handle;
        return OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, elementType, tensor.Shape, (nint)handle.Pointer, tensor.Raw.Length);
    }

    private static OrtValue CreateStrings(in Tensor tensor)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape);
        var raw = tensor.Raw.Span;
        for (var i = 0; !raw.IsEmpty; i++)
        {
            value.StringTensorSetElementAt(BytesFraming.Take(ref raw), i);
        }

        return value;
    }

    private static TensorInfo Describe(string name, NodeMetadata metadata)
    {
        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR || Datatypes.From(metadata.ElementDataType) is not { } datatype)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The input '{name}' is not a tensor of a type that the Open Inference Protocol has.");
        }

        return new TensorInfo(name, datatype, OnnxOutput.ShapeOf(metadata));
    }
}
