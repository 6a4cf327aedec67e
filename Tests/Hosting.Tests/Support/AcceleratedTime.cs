namespace CloudNativeAi.Hosting.Tests.Support;

/// <summary>The system's time, but faster: back-off and health checks keep their proportions and a test does not last minutes.</summary>
internal sealed class AcceleratedTime(int factor) : TimeProvider
{
    private readonly long _origin = System.GetTimestamp();

    public override long GetTimestamp() => _origin + ((System.GetTimestamp() - _origin) * factor);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Shorten(dueTime), Shorten(period));

    private TimeSpan Shorten(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / factor;
}
