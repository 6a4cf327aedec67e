using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CloudNativeAi.Contracts.OpenInference;
using Google.Protobuf;

namespace CloudNativeAi.Client;

/// <summary>A named tensor of a request. Its elements travel as raw contents: little-endian, row by row.</summary>
public sealed class InferTensor
{
    private InferTensor(string name, string datatype, ReadOnlySpan<long> shape, ByteString contents, long elements)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        long product = 1;
        foreach (var dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            product = checked(product * dimension);
        }

        if (product != elements)
        {
            throw new ArgumentException($"Tensor '{name}' of shape [{string.Join(", ", shape.ToArray())}] has {product} elements, but {elements} were given.", nameof(shape));
        }

        Description = new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = datatype, Shape = { shape.ToArray() } };
        Contents = contents;
    }

    internal ModelInferRequest.Types.InferInputTensor Description { get; }

    internal ByteString Contents { get; }

    /// <summary>Copies the elements.</summary>
    /// <typeparam name="T">bool, an integer of 8 to 64 bits, <see cref="Half"/>, float or double.</typeparam>
    /// <param name="shape">Sizes by dimension; their product is the number of elements.</param>
    /// <exception cref="ArgumentException">The shape has another number of elements, or the protocol has no such type.</exception>
    public static InferTensor Create<T>(string name, ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape)
        where T : unmanaged => new(name, Datatypes.Of<T>(), shape, ByteString.CopyFrom(MemoryMarshal.AsBytes(elements)), elements.Length);

    /// <summary>Texts, in UTF-8.</summary>
    /// <inheritdoc cref="Create{T}(string, ReadOnlySpan{T}, ReadOnlySpan{long})"/>
    public static InferTensor Create(string name, IReadOnlyCollection<string> elements, params ReadOnlySpan<long> shape)
    {
        // Each element after its length, an unsigned 32-bit integer.
        var bytes = new byte[elements.Sum(text => sizeof(uint) + Encoding.UTF8.GetByteCount(text))];
        var rest = bytes.AsSpan();
        foreach (var text in elements)
        {
            var length = Encoding.UTF8.GetBytes(text, rest[sizeof(uint)..]);
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)length);
            rest = rest[(sizeof(uint) + length)..];
        }

        return new InferTensor(name, Datatypes.Bytes, shape, UnsafeByteOperations.UnsafeWrap(bytes), elements.Count);
    }
}
