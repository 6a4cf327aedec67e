using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CloudNativeAi.Contracts.OpenInference;

namespace CloudNativeAi.Client;

/// <summary>The outputs of a model.</summary>
public sealed class InferResult
{
    private readonly ModelInferResponse _response;

    internal InferResult(ModelInferResponse response)
    {
        // A server may answer with typed contents instead; this client asks raw, and those that know the extension answer so.
        if (response.RawOutputContents.Count != response.Outputs.Count)
        {
            throw new InvalidDataException($"The server answered {response.Outputs.Count} outputs, but raw contents of {response.RawOutputContents.Count}.");
        }

        _response = response;
    }

    public string ModelName => _response.ModelName;

    /// <summary>The version that answered.</summary>
    public string ModelVersion => _response.ModelVersion;

    public IEnumerable<string> Outputs => _response.Outputs.Select(output => output.Name);

    /// <summary>Sizes by dimension.</summary>
    /// <exception cref="KeyNotFoundException">The model has no such output.</exception>
    public IReadOnlyList<long> ShapeOf(string output) => _response.Outputs[IndexOf(output)].Shape;

    /// <summary>The elements, row by row, without a copy.</summary>
    /// <exception cref="KeyNotFoundException">The model has no such output.</exception>
    /// <exception cref="InvalidCastException">Its elements are of another type.</exception>
    public ReadOnlySpan<T> Elements<T>(string output)
        where T : unmanaged
    {
        var index = IndexOf(output);
        RequireType(index, Datatypes.Of<T>());
        return MemoryMarshal.Cast<byte, T>(_response.RawOutputContents[index].Span);
    }

    /// <summary>The texts of an output of the type BYTES, read as UTF-8.</summary>
    /// <inheritdoc cref="Elements{T}(string)"/>
    public IReadOnlyList<string> Texts(string output)
    {
        var index = IndexOf(output);
        RequireType(index, Datatypes.Bytes);
        var rest = _response.RawOutputContents[index].Span;
        var texts = new List<string>();
        while (!rest.IsEmpty)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(rest);
            texts.Add(Encoding.UTF8.GetString(rest.Slice(sizeof(uint), length)));
            rest = rest[(sizeof(uint) + length)..];
        }

        return texts;
    }

    private int IndexOf(string output)
    {
        for (var index = 0; index < _response.Outputs.Count; index++)
        {
            if (_response.Outputs[index].Name == output)
            {
                return index;
            }
        }

        throw new KeyNotFoundException($"Model '{ModelName}' has no output '{output}', but {string.Join(", ", Outputs)}.");
    }

    private void RequireType(int index, string datatype)
    {
        var output = _response.Outputs[index];
        if (output.Datatype != datatype)
        {
            throw new InvalidCastException($"Output '{output.Name}' of model '{ModelName}' is {output.Datatype}, not {datatype}.");
        }
    }
}
