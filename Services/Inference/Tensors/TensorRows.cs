namespace CloudNativeAi.Inference.Tensors;

/// <summary>A tensor cut along its first dimension; the rows share its memory.</summary>
internal static class TensorRows
{
    public static Tensor[] Split(Tensor tensor)
    {
        var rows = new Tensor[tensor.Shape[0]];
        var shape = tensor.Shape[1..];
        var rest = tensor.Raw;
        for (var row = 0; row < rows.Length; row++)
        {
            var length = tensor.Datatype == Datatype.Bytes
                ? BytesFraming.LengthOf(rest.Span, tensor.ElementCount / rows.Length)
                : tensor.Raw.Length / rows.Length;
            rows[row] = tensor with { Shape = shape, Raw = rest[..length] };
            rest = rest[length..];
        }

        return rows;
    }
}
