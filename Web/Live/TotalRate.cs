namespace CloudNativeAi.Web.Live;

/// <summary>
/// A rate from a total that only grows. A total that shrinks means that its process started anew: what came before
/// it is forgotten, instead of showing a negative rate.
/// </summary>
internal sealed class TotalRate(TimeSpan window)
{
    private readonly Queue<(DateTimeOffset At, long Total)> _points = new();
    private (DateTimeOffset At, long Total)? _newest;

    /// <summary>Per second; null with fewer than two points in the window.</summary>
    public double? PerSecond
    {
        get
        {
            if (_newest is not { } newest || !_points.TryPeek(out var oldest) || newest.At <= oldest.At)
            {
                return null;
            }

            return (newest.Total - oldest.Total) / (newest.At - oldest.At).TotalSeconds;
        }
    }

    public void Add(DateTimeOffset at, long total)
    {
        if (_newest is { } newest)
        {
            if (at <= newest.At)
            {
                return;
            }

            if (total < newest.Total)
            {
                _points.Clear();
            }
        }

        _points.Enqueue((at, total));
        _newest = (at, total);
        Forget(at);
    }

    /// <summary>Drops what is older than the window: a total that is no longer read has no rate.</summary>
    public void Forget(DateTimeOffset now)
    {
        while (_points.TryPeek(out var oldest) && now - oldest.At > window)
        {
            _points.Dequeue();
        }
    }
}
