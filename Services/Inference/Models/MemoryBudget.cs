using System.Diagnostics;

namespace CloudNativeAi.Inference.Models;

/// <summary>Memory set aside for versions, bytes: of one that is loaded, being loaded, or let go but still answering. Never more than there is.</summary>
internal sealed class MemoryBudget(long bytes)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _reserved;

    public long Bytes { get; } = bytes;

    public long Reserved
    {
        get
        {
            lock (_lock)
            {
                return _reserved;
            }
        }
    }

    /// <summary>The most that was set aside at a time.</summary>
    public long HighestReserved { get; private set; }

    /// <summary>Ends when room may have come; to be taken before one looks.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>False: nothing was set aside.</summary>
    public bool TryReserve(long bytes)
    {
        lock (_lock)
        {
            if (_reserved + bytes > Bytes)
            {
                return false;
            }

            _reserved += bytes;
            HighestReserved = Math.Max(HighestReserved, _reserved);
            return true;
        }
    }

    public void Release(long bytes)
    {
        lock (_lock)
        {
            _reserved -= bytes;
            Debug.Assert(_reserved >= 0);
        }

        Notify();
    }

    /// <summary>Lets those that wait for room look again.</summary>
    public void Notify()
    {
        TaskCompletionSource before;
        lock (_lock)
        {
            (before, _changed) = (_changed, NewSignal());
        }

        before.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
