using CloudNativeAi.FeatureStore.OnlineStore;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>Makes sure that Redis is the server the builds were written to; if it lost its data, orders all of them anew.</summary>
internal sealed partial class OnlineStoreRecovery(
    OnlineServer server, ViewMaterializations materializations, OnlineViews onlineViews, ILogger<OnlineStoreRecovery> logger) : IDisposable
{
    private readonly SemaphoreSlim _recovering = new(1);

    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        await _recovering.WaitAsync(cancellationToken);
        try
        {
            var storeId = await materializations.GetStoreIdAsync(cancellationToken);
            var known = await server.GetAsync([OnlineKeys.Store], keysPerRoundTrip: 1, cancellationToken);
            if (known[0] != storeId.ToString())
            {
                storeId = await materializations.RebuildAllAsync(storeId, areKeysLost: true, cancellationToken);
                await server.SetAsync(OnlineKeys.Store, storeId.ToString(), cancellationToken);
                LogEmpty(storeId);
            }

            await onlineViews.RefreshAsync(cancellationToken);
        }
        finally
        {
            _recovering.Release();
        }
    }

    /// <summary>Orders every view anew from the offline store, whatever Redis has; the keys of the builds before are deleted.</summary>
    public async Task RebuildAsync(CancellationToken cancellationToken)
    {
        await _recovering.WaitAsync(cancellationToken);
        try
        {
            var storeId = await materializations.GetStoreIdAsync(cancellationToken);
            storeId = await materializations.RebuildAllAsync(storeId, areKeysLost: false, cancellationToken);
            await server.SetAsync(OnlineKeys.Store, storeId.ToString(), cancellationToken);
            LogOrdered(storeId);
            await onlineViews.RefreshAsync(cancellationToken);
        }
        finally
        {
            _recovering.Release();
        }
    }

    public void Dispose() => _recovering.Dispose();

    [LoggerMessage(LogLevel.Warning, "The online store is empty or another one; every view is built anew, store id {StoreId}")]
    private partial void LogEmpty(Guid storeId);

    [LoggerMessage(LogLevel.Warning, "It was asked for: every view is built anew, store id {StoreId}")]
    private partial void LogOrdered(Guid storeId);
}
