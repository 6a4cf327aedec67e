using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Batching;

/// <summary>Gives each request of a joined run its rows. The parts share the memory of the whole.</summary>
internal static class OutputSplitter
{
    /// <summary>False when an output does not have one row per input row.</summary>
    public static bool TrySplit(Tensor[] together, List<InferenceWork> batch, long rows, out Tensor[][] answers)
    {
        answers = new Tensor[batch.Count][];
        if (rows == 0)
        {
            return false;
        }

        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = new Tensor[together.Length];
        }

        for (var output = 0; output < together.Length; output++)
        {
            if (together[output].Shape is not [var outputRows, ..] || outputRows != rows)
            {
                return false;
            }

            Split(together[output], output, batch, rows, answers);
        }

        return true;
    }

    private static void Split(in Tensor whole, int output, List<InferenceWork> batch, long rows, Tensor[][] answers)
    {
        var offset = 0;
        for (var i = 0; i < batch.Count; i++)
        {
            var length = whole.Datatype == Datatype.Bytes
                ? BytesFraming.LengthOf(whole.Raw.Span[offset..], whole.ElementCount / rows * batch[i].Rows)
                : (int)(whole.Raw.Length / rows * batch[i].Rows);
            answers[i][output] = whole with { Shape = [batch[i].Rows, .. whole.Shape.AsSpan(1)], Raw = whole.Raw.Slice(offset, length) };
            offset += length;
        }
    }
}
