using CloudNativeAi.Inference.Tensors;
using static CloudNativeAi.Inference.Tests.Batching.Columns;

namespace CloudNativeAi.Inference.Tests.Batching;

/// <summary>Gives back what it gets, when the test lets it.</summary>
internal sealed class SlowModel
{
    private readonly ManualResetEventSlim _gate = new(false);
    private readonly List<float> _seen = [];
    private readonly List<long> _rows = [];
    private int _running;

    public int MostAtATime { get; private set; }

    public float Refuses { get; set; } = float.NaN;

    public IReadOnlyList<float> SeenValues => _seen;

    public IReadOnlyList<long> RowsOfRuns => _rows;

    public void LetAll() => _gate.Set();

    public async Task WaitForRunningAsync(int count)
    {
        while (Volatile.Read(ref _running) < count)
        {
            await Task.Yield();
        }
    }

    public Tensor[] Run(ReadOnlySpan<Tensor> inputs, ReadOnlySpan<int> outputs)
    {
        lock (_seen)
        {
            MostAtATime = Math.Max(MostAtATime, ++_running);
            _rows.Add(inputs[0].Shape[0]);
            if (inputs[0].Datatype == Datatype.Fp32)
            {
                _seen.AddRange(Values([inputs[0]]));
            }
        }

        _gate.Wait();
        Interlocked.Decrement(ref _running);
        if (inputs[0].Datatype == Datatype.Fp32 && Values([inputs[0]]).Contains(Refuses))
        {
            throw new InferenceException(InferenceErrorKind.Internal, "refused");
        }

        // A copy: the input's memory is rented.
        return [inputs[0] with { Name = "Y", Raw = inputs[0].Raw.ToArray() }];
    }
}
