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
    public Task<bool> WaitAsync(string source, long position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        board.WantOffline(source, position);
        return WaitAsync(source, stores => stores.Offline >= position && stores.Online >= position, timeout, cancellationToken);
    }

    /// <summary>True when the online store is there in time. The offline store commits when it would anyway.</summary>
    public Task<bool> WaitForOnlineAsync(string source, long position, TimeSpan timeout, CancellationToken cancellationToken) =>
        WaitAsync(source, stores => stores.Online >= position, timeout, cancellationToken);

    private async Task<bool> WaitAsync(
        string source, Func<(long Offline, long Online), bool> isThere, TimeSpan timeout, CancellationToken cancellationToken)
    {
        signals.Wake(WakeSignals.Supervisor);
        var started = timeProvider.GetTimestamp();
        while (true)
        {
            var change = board.NextChange;
            if (isThere(PositionsOf(source)))
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
