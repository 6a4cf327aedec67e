using System.Collections.Concurrent;
using CloudNativeAi.Inference.Batching;

namespace CloudNativeAi.Inference.Tests.Batching;

/// <summary>Begins shared runs at once, or, while the test holds them, when it says so.</summary>
internal sealed class HeldScheduler : RunScheduler
{
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _held = new();

    public bool AreOthersArriving { get; set; }

    public bool IsHolding { get; set; }

    public int HeldCount => _held.Count;

    public override bool OthersArrive => AreOthersArriving;

    public override void Start(IThreadPoolWorkItem run)
    {
        if (IsHolding)
        {
            _held.Enqueue(run);
        }
        else
        {
            base.Start(run);
        }
    }

    public void RunHeld()
    {
        while (_held.TryDequeue(out var run))
        {
            run.Execute();
        }
    }
}
