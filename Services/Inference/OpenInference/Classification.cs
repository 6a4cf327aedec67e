using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>Triton's classification extension: the greatest values of a row as <c>value:index</c> or <c>value:index:label</c>, greatest first.</summary>
internal static class Classification
{
    /// <param name="hasRows">The first dimension counts rows; else all elements are one row.</param>
    /// <param name="labels">Of the columns. Two of a single column: it is the probability p of the second class, and the first has 1 - p.</param>
    /// <exception cref="InferenceException">The output's values have no order.</exception>
    public static Tensor Top(in Tensor tensor, int count, bool hasRows, IReadOnlyList<string>? labels)
    {
        var values = ToDoubles(tensor);
        var rows = hasRows ? tensor.Shape[0] : 1;
        var columns = rows == 0 ? 0 : (int)(values.Length / rows);
        if (columns == 1 && labels is { Count: 2 })
        {
            values = [.. values.SelectMany(probability => (double[])[1 - probability, probability])];
            columns = 2;
        }

        var top = Math.Min(count, columns);
        var isFraction = tensor.Datatype is Datatype.Fp16 or Datatype.Fp32 or Datatype.Fp64;
        var raw = new ArrayBufferWriter<byte>();
        for (var row = 0; row < rows; row++)
        {
            var first = row * columns;
            // Ties by index; a NaN comes last.
            foreach (var index in Enumerable.Range(0, columns).OrderByDescending(column => values[first + column]).ThenBy(column => column).Take(top))
            {
                var value = values[first + index].ToString(isFraction ? "F6" : "F0", CultureInfo.InvariantCulture);
                var label = index < labels?.Count ? ":" + labels[index] : "";
                BytesFraming.Append(raw, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{value}:{index}{label}")));
            }
        }

        return new Tensor(tensor.Name, Datatype.Bytes, hasRows ? [rows, top] : [top], raw.WrittenMemory);
    }

    private static double[] ToDoubles(in Tensor tensor)
    {
        var raw = tensor.Raw.Span;
        return tensor.Datatype switch
        {
            Datatype.Fp16 => Convert<Half>(raw, value => (double)value),
            Datatype.Fp32 => Convert<float>(raw, value => value),
            Datatype.Fp64 => Convert<double>(raw, value => value),
            Datatype.Int8 => Convert<sbyte>(raw, value => value),
            Datatype.Int16 => Convert<short>(raw, value => value),
            Datatype.Int32 => Convert<int>(raw, value => value),
            Datatype.Int64 => Convert<long>(raw, value => value),
            Datatype.Uint8 => Convert<byte>(raw, value => value),
            Datatype.Uint16 => Convert<ushort>(raw, value => value),
            Datatype.Uint32 => Convert<uint>(raw, value => value),
            Datatype.Uint64 => Convert<ulong>(raw, value => value),
            _ => throw InferenceException.Invalid($"classification is not possible for output '{tensor.Name}' of data-type '{tensor.Datatype.ToName()}'"),
        };
    }

    private static double[] Convert<T>(ReadOnlySpan<byte> raw, Func<T, double> toDouble)
        where T : unmanaged
    {
        var values = MemoryMarshal.Cast<byte, T>(raw);
        var doubles = new double[values.Length];
        for (var i = 0; i < doubles.Length; i++)
        {
            doubles[i] = toDouble(values[i]);
        }

        return doubles;
    }
}
