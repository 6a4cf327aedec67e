using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>A view together with the build of it that is in the online store.</summary>
internal sealed record OnlineView(KeyStates States, ViewMaterialization Build)
{
    public FeatureView View => States.View;

    public EntityKeyText Keys { get; } = new(States.View, Build.Generation);

    /// <summary>
    /// How long a key lives after its last write; null for ever. Only live sources expire by the clock: the events of a backfilled one may
    /// be years old and are read as of their own time.
    /// </summary>
    public TimeSpan? ExpiresAfter(TimeSpan history)
    {
        var needed = View.IsWindowed ? View.Windowed.Max(feature => feature.WindowMicros + feature.TileMicros) : View.TtlMicros;
        return States.Schema.Backfilled || needed == 0 ? null : TimeSpan.FromMicroseconds(needed) + history + TimeSpan.FromHours(1);
    }
}
