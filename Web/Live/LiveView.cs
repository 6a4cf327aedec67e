namespace CloudNativeAi.Web.Live;

/// <summary>What one circuit sees: the latest snapshot, unless its user paused. One subscription per circuit, not per component.</summary>
public sealed partial class LiveView(LiveFeed feed, TimeProvider timeProvider, ILogger<LiveView> logger) : IDisposable
{
    private LiveFeed.Subscription? _subscription;

    /// <summary>Raised off the circuit's dispatcher; handlers use InvokeAsync.</summary>
    public event Action? Changed;

    public PathSnapshot Snapshot { get; private set; } = feed.Latest;

    public bool Paused { get; private set; }

    /// <summary>Ages stand still while paused, as the numbers beside them do.</summary>
    public DateTimeOffset Now => Paused && Snapshot.IsTaken ? Snapshot.TakenAt : timeProvider.GetUtcNow();

    /// <summary>Begins to follow the feed; called once, when the page is interactive.</summary>
    public void Start()
    {
        if (_subscription is null)
        {
            _subscription = feed.Subscribe();
            _ = FollowAsync(_subscription);
        }
    }

    public void SetPaused(bool paused)
    {
        Paused = paused;
        if (!paused)
        {
            Snapshot = feed.Latest;
        }

        Changed?.Invoke();
    }

    public void Dispose() => _subscription?.Dispose();

    private async Task FollowAsync(LiveFeed.Subscription subscription)
    {
        await foreach (var snapshot in subscription.Snapshots.ReadAllAsync())
        {
            if (Paused)
            {
                continue;
            }

            Snapshot = snapshot;

            try
            {
                Changed?.Invoke();
            }
            catch (Exception exception)
            {
                // One component that fails must not end the feed of the others.
                LogHandlerFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A component could not take a snapshot")]
    private partial void LogHandlerFailed(Exception exception);
}
