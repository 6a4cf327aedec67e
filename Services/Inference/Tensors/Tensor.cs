namespace CloudNativeAi.Inference.Tensors;

/// <summary>A tensor as it travels: row-major, little-endian, no padding; BYTES framed by lengths.</summary>
internal readonly record struct Tensor(string Name, Datatype Datatype, long[] Shape, ReadOnlyMemory<byte> Raw)
{
    public long ElementCount => Shapes.ElementCount(Shape) ?? throw new InvalidOperationException($"The shape of '{Name}' was not checked.");
}
