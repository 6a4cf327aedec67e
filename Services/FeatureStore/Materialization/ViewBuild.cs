using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>A build in work, in the hands of one loop.</summary>
internal sealed class ViewBuild(OnlineView view)
{
    public OnlineView View { get; private set; } = view;

    public long Generation => View.Build.Generation;

    public long Position { get; set; } = view.Build.Position;

    public long Entities { get; set; } = view.Build.Entities;

    public long LastEventTimestampMicros { get; set; } = view.Build.LastEventTimestampMicros;

    public double LagSeconds { get; set; } = view.Build.LagSeconds;

    /// <summary>Catches up beside the loop while this is not null.</summary>
    public Task? Backfill { get; set; }

    /// <summary>Another build has taken its place, or the view is gone.</summary>
    public bool IsRetired { get; set; }

    public BuildProgress Progress => new(Generation, Position, Entities, LastEventTimestampMicros, LagSeconds);

    /// <summary>The view prepared for events of this schema: a source may have got a newer one than the definitions know.</summary>
    public OnlineView For(SourceSchema schema)
    {
        if (!View.States.Schema.SameAs(schema))
        {
            View = View with { States = new KeyStates(View.View, schema) };
        }

        return View;
    }
}
