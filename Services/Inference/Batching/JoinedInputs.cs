using System.Buffers;

namespace CloudNativeAi.Inference.Batching;

/// <summary>The rows of several requests one after the other, in rented memory that goes back at the end.</summary>
internal sealed class JoinedInputs : IDisposable
{
    private readonly byte[][] _rented;

    public JoinedInputs(List<InferenceWork> batch, long rows)
    {
        var first = batch[0].Inputs;
        Tensors = new Tensor[first.Length];
        _rented = new byte[first.Length][];
        for (var i = 0; i < first.Length; i++)
        {
            var length = 0;
            foreach (var work in batch)
            {
                length = checked(length + work.Inputs[i].Raw.Length);
            }

            var memory = ArrayPool<byte>.Shared.Rent(length);
            var offset = 0;
            foreach (var work in batch)
            {
                work.Inputs[i].Raw.CopyTo(memory.AsMemory(offset));
                offset += work.Inputs[i].Raw.Length;
            }

            _rented[i] = memory;
            Tensors[i] = first[i] with { Shape = [rows, .. first[i].Shape.AsSpan(1)], Raw = memory.AsMemory(0, length) };
        }
    }

    public Tensor[] Tensors { get; }

    public void Dispose()
    {
        foreach (var memory in _rented)
        {
            ArrayPool<byte>.Shared.Return(memory);
        }
    }
}
