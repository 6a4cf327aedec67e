using CloudNativeAi.FeatureStore.OnlineStore;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Waits until both stores hold a source up to a position.</summary>
internal sealed class PositionWaiter(ProgressBoard board, OnlineViews onlineViews, WakeSignals signals, TimeProvider timeProvider)
{
    /// <summary>Offline and online position now.</summary>
    public (long Offline, long Online) PositionsOf(string source)
    {
        var state = board.Find(source) ?? SourceState.New(source);
        var builds = onlineViews.Current.Views.Values.Where(view => view.View.Source == source).ToList();
        var online = builds.Count == 0 ? state.OnlinePosition : builds.Min(view => board.PositionOf(view.Build));
        return (state.OfflinePosition, online);
    }

    /// <summary>True when both are there in time.</summary>
    public async Task<bool> WaitAsync(string source, long position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        board.WantOffline(source, position);
        signals.Wake(WakeSignals.Supervisor);
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            var change = board.NextChange;
            var (offline, online) = PositionsOf(source);
            if (offline >= position && online >= position)
            {
                return true;
            }

            // What it waits for may have been read just now and wait for its commit.
            signals.Wake(source);
            var left = timeout - timeProvider.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await change.WaitAsync(left, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
