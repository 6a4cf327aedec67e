using System.Collections.Concurrent;
using System.Threading.Channels;

namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Wakes following readers when a head moved, in this process at once and in other replicas through <see cref="HeadNotifier"/>.</summary>
internal sealed class HeadSignals
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _waiting = new();

    // A dropped announcement costs readers of other replicas one poll interval, nothing else.
    private readonly Channel<int> _announcements = Channel.CreateBounded<int>(
        new BoundedChannelOptions(1_024) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public ChannelReader<int> Announcements => _announcements.Reader;

    /// <summary>Ends when the head moves. Ask for it before looking at the log, so that nothing falls in between.</summary>
    public Task NextAsync(int sourceId) =>
        _waiting.GetOrAdd(sourceId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Announce(int sourceId)
    {
        Pulse(sourceId);
        _announcements.Writer.TryWrite(sourceId);
    }

    public void Pulse(int sourceId)
    {
        if (_waiting.TryRemove(sourceId, out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    public void PulseAll()
    {
        foreach (var sourceId in _waiting.Keys)
        {
            Pulse(sourceId);
        }
    }
}
