using System.Diagnostics;
using CloudNativeAi.Inference.Telemetry;

namespace CloudNativeAi.Inference.Batching;

/// <summary>One request that waits for a free instance.</summary>
internal sealed class InferenceWork(Tensor[] inputs, int[] outputs, long rows, long enqueuedAt, long expiresAt, long rank, BatchObserver observer)
{
    private const int Waiting = 0;
    private const int Taken = 1;

    private readonly TaskCompletionSource<Tensor[]> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActivityContext _request = InferenceMetrics.Activities.HasListeners() ? Activity.Current?.Context ?? default : default;
    private CancellationTokenRegistration _cancellation;
    private int _state;

    public Tensor[] Inputs { get; } = inputs;

    public int[] Outputs { get; } = outputs;

    public long Rows { get; } = rows;

    public long EnqueuedAt { get; } = enqueuedAt;

    /// <summary>Time stamp after which it must not be run any more.</summary>
    public long ExpiresAt { get; } = expiresAt;

    /// <summary>The least is run first.</summary>
    public long Rank { get; } = rank;

    /// <summary>Its parts are noted in a trace.</summary>
    public bool IsTraced => _request.TraceId != default;

    public Task<Tensor[]> Answer => _answer.Task;

    /// <summary>Whoever gets true decides the outcome; a cancelled request is never run, one that is run is never cancelled.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    public bool IsWaiting => Volatile.Read(ref _state) == Waiting;

    public void CancelOn(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return;
        }

        _cancellation = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var work = (InferenceWork)state!;
                if (work.TryTake())
                {
                    work.Cancel(token);
                }
            },
            this);
    }

    public void Complete(Tensor[] answer)
    {
        _cancellation.Dispose();
        _answer.TrySetResult(answer);
    }

    public void Fail(Exception exception)
    {
        _cancellation.Dispose();
        _answer.TrySetException(exception);
    }

    /// <summary>Notes a part of the request's time in its trace.</summary>
    public void RecordSpan(string name, DateTimeOffset started, TimeSpan duration)
    {
        using var activity = InferenceMetrics.Activities.StartActivity(name, ActivityKind.Internal, _request, startTime: started);
        activity?.SetEndTime((started + duration).UtcDateTime);
    }

    /// <summary>Their rows may share a run: same outputs, same shapes but for the first dimension.</summary>
    public bool CanJoin(InferenceWork other)
    {
        if (!Outputs.AsSpan().SequenceEqual(other.Outputs))
        {
            return false;
        }

        for (var i = 0; i < Inputs.Length; i++)
        {
            if (!Inputs[i].Shape.AsSpan(1).SequenceEqual(other.Inputs[i].Shape.AsSpan(1)))
            {
                return false;
            }
        }

        return true;
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        observer.Rejected(RejectionReason.Cancelled);
        _answer.TrySetCanceled(cancellationToken);
    }
}
