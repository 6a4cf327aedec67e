using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tokenization;

namespace CloudNativeAi.Inference.Models;

/// <summary>
/// Warms a model up and finds out whether rows of different requests may share a run: two rows together must give what each
/// gives alone. A free first dimension alone does not tell: it may be a sequence.
/// </summary>
internal static class BatchProbe
{
    private const double Tolerance = 1e-4;

    // Tokens of a made-up text: more than the special ones, fewer than any model takes.
    private const int ProbeLength = 3;

    // Attention takes memory by the square: a longer text is not tried before somebody sends it.
    private const int MaxTriedLength = 1_024;

    /// <summary>False also when the model cannot be run on made-up values (<paramref name="failure"/> says why).</summary>
    /// <param name="text">Fills the inputs of tokens; null: there are none.</param>
    public static bool IsBatched(OnnxModel model, TextEncoder? text, out string? failure)
    {
        failure = null;
        int[] outputs = [.. Enumerable.Range(0, model.Outputs.Count)];
        try
        {
            var first = model.Run(MakeRows(model, text, [0]), outputs);
            if (!model.MayBeBatched)
            {
                return false;
            }

            var second = model.Run(MakeRows(model, text, [1]), outputs);
            // In both orders: a running sum, for one, leaves the row after a zero alone.
            var forwards = model.Run(MakeRows(model, text, [0, 1]), outputs);
            var backwards = model.Run(MakeRows(model, text, [1, 0]), outputs);
            return forwards.Zip(first, second).All(output => IsJoined(output.First, output.Second, output.Third))
                && backwards.Zip(second, first).All(output => IsJoined(output.First, output.Second, output.Third));
        }
        catch (InferenceException exception)
        {
            failure = exception.Message;
            return false;
        }
    }

    /// <summary>Runs a text model on its tokenizer's greatest id and on as many tokens as a text may have.</summary>
    /// <exception cref="InferenceException">The model has no embedding of that id, or of that position.</exception>
    public static void CheckTokens(OnnxModel model, TextEncoder text)
    {
        var made = MakeRows(model.Inputs, [0]);
        Try($"of the greatest id of the vocabulary, {text.MaxId}: model.onnx must be of the same vocabulary", text.MakeRows(made, [text.MaxId], 1));
        if (text.MaxLength <= MaxTriedLength)
        {
            Try($"of max_length, {text.MaxLength} tokens: lower it to what model.onnx has positions for", text.MakeRows(made, [0], text.MaxLength));
        }

        void Try(string what, Tensor[] rows)
        {
            try
            {
                model.Run(rows, model.AllOutputs);
            }
            catch (InferenceException exception)
            {
                throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The model fails on a text {what} ({exception.Message}).", exception);
            }
        }
    }

    private static Tensor[] MakeRows(OnnxModel model, TextEncoder? text, int[] seeds)
    {
        var rows = MakeRows(model.Inputs, seeds);
        return text is null ? rows : text.MakeRows(rows, seeds, Math.Min(ProbeLength, text.MaxLength));
    }

    // Other free dimensions get the size 1. Whole numbers are 0 and 1, so that look-ups by index stay in range.
    private static Tensor[] MakeRows(IReadOnlyList<TensorInfo> inputs, int[] seeds)
    {
        var tensors = new Tensor[inputs.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            var info = inputs[i];
            var isRow = info.Shape is [-1, ..];
            var shape = info.Shape.Select((dimension, axis) => dimension >= 0 ? dimension : axis == 0 ? seeds.Length : 1).ToArray();
            var elements = (int)Shapes.ElementCount(shape)!.Value;
            var perRow = isRow ? elements / seeds.Length : elements;
            var raw = new ArrayBufferWriter<byte>();
            for (var element = 0; element < elements; element++)
            {
                Append(raw, info.Datatype, element % perRow, seeds[isRow ? element / perRow : 0]);
            }

            tensors[i] = new Tensor(info.Name, info.Datatype, shape, raw.WrittenMemory);
        }

        return tensors;
    }

    private static void Append(ArrayBufferWriter<byte> raw, Datatype datatype, int index, int seed)
    {
        if (datatype == Datatype.Bytes)
        {
            BytesFraming.Append(raw, seed == 0 ? "a"u8 : "b"u8);
            return;
        }

        var bit = (index + seed) & 1;
        var fraction = ((((index * 31) + (seed * 17)) % 97) + 1) / 98.0;
        var span = raw.GetSpan(sizeof(double));
        switch (datatype)
        {
            case Datatype.Fp64:
                BinaryPrimitives.WriteDoubleLittleEndian(span, fraction);
                break;
            case Datatype.Fp32:
                BinaryPrimitives.WriteSingleLittleEndian(span, (float)fraction);
                break;
            case Datatype.Fp16:
                BinaryPrimitives.WriteHalfLittleEndian(span, (Half)fraction);
                break;
            case Datatype.Bf16:
                BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)(BitConverter.SingleToUInt32Bits((float)fraction) >> 16));
                break;
            default:
                BinaryPrimitives.WriteInt64LittleEndian(span, bit);
                break;
        }

        raw.Advance(datatype.ElementSize());
    }

    private static bool IsJoined(in Tensor both, in Tensor first, in Tensor second)
    {
        if (both.Shape is not [2, ..] || first.Shape is not [1, ..] || both.Raw.Length != first.Raw.Length + second.Raw.Length)
        {
            return false;
        }

        return IsClose(both.Datatype, both.Raw.Span[..first.Raw.Length], first.Raw.Span)
            && IsClose(both.Datatype, both.Raw.Span[first.Raw.Length..], second.Raw.Span);
    }

    private static bool IsClose(Datatype datatype, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.SequenceEqual(right))
        {
            return true;
        }

        return datatype switch
        {
            Datatype.Fp32 => AllClose(MemoryMarshal.Cast<byte, float>(left), MemoryMarshal.Cast<byte, float>(right), value => value),
            Datatype.Fp64 => AllClose(MemoryMarshal.Cast<byte, double>(left), MemoryMarshal.Cast<byte, double>(right), value => value),
            Datatype.Fp16 => AllClose(MemoryMarshal.Cast<byte, Half>(left), MemoryMarshal.Cast<byte, Half>(right), value => (double)value),
            _ => false,
        };
    }

    private static bool AllClose<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right, Func<T, double> toDouble)
    {
        for (var i = 0; i < left.Length; i++)
        {
            var (a, b) = (toDouble(left[i]), toDouble(right[i]));
            if (!(Math.Abs(a - b) <= Tolerance * Math.Max(1, Math.Abs(a))) && !(double.IsNaN(a) && double.IsNaN(b)))
            {
                return false;
            }
        }

        return true;
    }
}
