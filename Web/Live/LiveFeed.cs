using System.Threading.Channels;

namespace CloudNativeAi.Web.Live;

/// <summary>
/// Hands each snapshot to every subscriber. A subscriber's channel holds one snapshot, the latest: a slow browser misses
/// some, and never makes the server hold more.
/// </summary>
public sealed class LiveFeed
{
    private readonly Lock _gate = new();
    private readonly HashSet<Channel<PathSnapshot>> _subscribers = [];
    private volatile PathSnapshot _latest = PathSnapshot.Empty;

    public PathSnapshot Latest => _latest;

    public int SubscriberCount
    {
        get
        {
            lock (_gate)
            {
                return _subscribers.Count;
            }
        }
    }

    public Subscription Subscribe()
    {
        var channel = Channel.CreateBounded<PathSnapshot>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true });

        lock (_gate)
        {
            _subscribers.Add(channel);
        }

        return new Subscription(this, channel);
    }

    internal void Publish(PathSnapshot snapshot)
    {
        _latest = snapshot;

        lock (_gate)
        {
            foreach (var subscriber in _subscribers)
            {
                subscriber.Writer.TryWrite(snapshot);
            }
        }
    }

    private void Unsubscribe(Channel<PathSnapshot> channel)
    {
        lock (_gate)
        {
            _subscribers.Remove(channel);
        }

        channel.Writer.TryComplete();
    }

    public sealed class Subscription(LiveFeed feed, Channel<PathSnapshot> channel) : IDisposable
    {
        public ChannelReader<PathSnapshot> Snapshots => channel.Reader;

        public void Dispose() => feed.Unsubscribe(channel);
    }
}
