using System.Collections.Frozen;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Materialization;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>Which build of each view is in the online store, in memory; replaced whole.</summary>
internal sealed class OnlineViews(DefinitionCatalog definitions, ViewMaterializations materializations) : IDisposable
{
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile OnlineViewSnapshot _current = new(Guid.Empty, DefinitionSnapshot.Empty, FrozenDictionary<string, OnlineView>.Empty);

    public OnlineViewSnapshot Current => _current;

    public async Task<OnlineViewSnapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var snapshot = definitions.Current;
            var storeId = await materializations.GetStoreIdAsync(cancellationToken);
            var builds = await materializations.GetCurrentAsync(cancellationToken);

            // A build of another definition, or of another meaning of its source, than was read before is picked up by the next refresh.
            var views = builds
                .Where(build => snapshot.Definitions.FindView(build.View)?.Fingerprint == build.Fingerprint && HasAvailabilityOf(build, snapshot.Sources[build.Source]))
                .ToFrozenDictionary(build => build.View, build => new OnlineView(snapshot.StatesOf(build.View), build), StringComparer.Ordinal);
            return _current = new OnlineViewSnapshot(storeId, snapshot, views);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public void Dispose() => _refreshing.Dispose();

    private static bool HasAvailabilityOf(ViewMaterialization build, SourceSchema source) =>
        build.Availability.Length == 0 || build.Availability == source.DescribeAvailability();
}

internal sealed record OnlineViewSnapshot(Guid StoreId, DefinitionSnapshot Definitions, FrozenDictionary<string, OnlineView> Views);
