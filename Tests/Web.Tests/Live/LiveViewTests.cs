using CloudNativeAi.Web.Live;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.Web.Tests.Live;

public sealed class LiveViewTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly LiveFeed _feed = new();

    [Fact]
    public async Task A_paused_view_stands_still_with_its_ages_and_then_catches_up()
    {
        using var view = new LiveView(_feed, _time, NullLogger<LiveView>.Instance);
        view.Start();
        var change = NextChange(view);
        var seen = Publish();
        await change;

        view.SetPaused(true);
        _time.Advance(TimeSpan.FromMinutes(5));
        _feed.Publish(new PathSnapshot(_time.GetUtcNow()));

        Assert.Same(seen, view.Snapshot);
        Assert.Equal(seen.TakenAt, view.Now);

        view.SetPaused(false);
        Assert.Same(_feed.Latest, view.Snapshot);
        Assert.Equal(_time.GetUtcNow(), view.Now);
    }

    [Fact]
    public async Task A_component_that_fails_does_not_end_the_feed()
    {
        using var view = new LiveView(_feed, _time, NullLogger<LiveView>.Instance);
        view.Start();
        var first = NextChange(view);
        var failures = 0;
        view.Changed += () =>
        {
            if (++failures == 1)
            {
                throw new InvalidOperationException("A component failed.");
            }
        };
        Publish();
        await first;

        var second = NextChange(view);
        var snapshot = Publish();
        await second;

        Assert.Equal(2, failures);
        Assert.Same(snapshot, view.Snapshot);
    }

    [Fact]
    public void A_view_that_is_gone_has_no_subscription()
    {
        var view = new LiveView(_feed, _time, NullLogger<LiveView>.Instance);
        view.Start();
        view.Start();
        Assert.Equal(1, _feed.SubscriberCount);

        view.Dispose();
        Assert.Equal(0, _feed.SubscriberCount);
    }

    private PathSnapshot Publish()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        var snapshot = new PathSnapshot(_time.GetUtcNow());
        _feed.Publish(snapshot);
        return snapshot;
    }

    private static Task NextChange(LiveView view)
    {
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        view.Changed += OnChanged;
        return changed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        void OnChanged()
        {
            view.Changed -= OnChanged;
            changed.TrySetResult();
        }
    }
}
