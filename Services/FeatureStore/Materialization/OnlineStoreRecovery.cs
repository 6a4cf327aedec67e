using CloudNativeAi.FeatureStore.OnlineStore;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Makes sure that Redis is the server the builds were written to; if it lost its data, orders all of them anew.</summary>
internal sealed partial class OnlineStoreRecovery(
    OnlineServer server, ViewMaterializations materializations, OnlineViews onlineViews, ILogger<OnlineStoreRecovery> logger) : IDisposable
{
    private readonly SemaphoreSlim _recovering = new(1);

    /// <summary>
    /// For the leader before it begins: a server for builds that have applied nothing yet has lost nothing, and is given their id.
    /// </summary>
    public Task BeginAsync(CancellationToken cancellationToken) => RecoverAsync(isOrdered: false, mayBeNew: true, cancellationToken);

    public Task EnsureAsync(CancellationToken cancellationToken) => RecoverAsync(isOrdered: false, mayBeNew: false, cancellationToken);

    /// <summary>
    /// For every round of a service that is idle: neither a read nor an event then tells that the data are gone. One look at the server, more
    /// only if it is not the one that the views are in. A server that does not answer may still have its data.
    /// </summary>
    /// <returns>True when all views are built anew.</returns>
    public async Task<bool> EnsureStillThereAsync(CancellationToken cancellationToken)
    {
        var storeId = onlineViews.Current.StoreId;
        try
        {
            if (!await IsLostAsync(storeId, cancellationToken))
            {
                return false;
            }
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            LogUnreachable(exception.Message);
            return false;
        }

        await EnsureAsync(cancellationToken);
        return onlineViews.Current.StoreId != storeId;
    }

    /// <summary>Orders every view anew from the offline store, whatever Redis has; the keys of the builds before are deleted.</summary>
    public Task RebuildAsync(CancellationToken cancellationToken) => RecoverAsync(isOrdered: true, mayBeNew: false, cancellationToken);

    public void Dispose() => _recovering.Dispose();

    private async Task RecoverAsync(bool isOrdered, bool mayBeNew, CancellationToken cancellationToken)
    {
        await _recovering.WaitAsync(cancellationToken);
        try
        {
            var storeId = await materializations.GetStoreIdAsync(cancellationToken);
            if (isOrdered || await IsLostAsync(storeId, cancellationToken))
            {
                if (!mayBeNew || await materializations.IsAnyAppliedAsync(cancellationToken))
                {
                    storeId = await materializations.RebuildAllAsync(storeId, areKeysLost: !isOrdered, cancellationToken);
                    LogRebuilding(isOrdered ? "It was asked for" : "The online store is empty or another one", storeId);
                }

                await server.SetAsync(OnlineKeys.Store, storeId.ToString(), cancellationToken);
            }

            await onlineViews.RefreshAsync(cancellationToken);
        }
        finally
        {
            _recovering.Release();
        }
    }

    private async Task<bool> IsLostAsync(Guid storeId, CancellationToken cancellationToken) =>
        (await server.GetAsync([OnlineKeys.Store], keysPerRoundTrip: 1, cancellationToken))[0] != storeId.ToString();

    [LoggerMessage(LogLevel.Warning, "The online store does not answer: {Detail}")]
    private partial void LogUnreachable(string detail);

    [LoggerMessage(LogLevel.Warning, "{Why}; every view is built anew, store id {StoreId}")]
    private partial void LogRebuilding(string why, Guid storeId);
}
