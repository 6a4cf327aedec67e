using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>One view of a join: only the features asked for, over one snapshot of its source.</summary>
/// <param name="View">The view with those features alone, in the order of the service.</param>
/// <param name="KeyColumns">For each join key of the view, its column in the rows: k0, k1, ...</param>
internal sealed record ViewJoin(FeatureView View, SourceTableSnapshot Source, IReadOnlyList<string> KeyColumns)
{
    public SourceSchema Schema => Source.Source;

    /// <summary>The instant from which an event may be used, over the columns of the source's table.</summary>
    public string KnownSql => Schema.Backfilled
        ? $"event_timestamp + {Sql.Number(Schema.AvailabilityDelayMicros)}"
        : "greatest(event_timestamp, created_timestamp)";

    /// <summary>The column of a field of the source.</summary>
    public string FieldColumn(string field) => $"f{Schema.IndexOf(field)}";

    /// <summary>The views behind some features of a service; joins over the same source see the same snapshot.</summary>
    public static IReadOnlyList<ViewJoin> Plan(
        FeatureDefinitionSet definitions, FeatureService service, IReadOnlyDictionary<string, SourceTableSnapshot> sources) =>
        [.. service.Features
            .GroupBy(feature => feature.View, StringComparer.Ordinal)
            .Select(group => Plan(definitions.FindView(group.Key)!, [.. group.Select(feature => feature.Feature)], service, sources))];

    private static ViewJoin Plan(
        FeatureView view, HashSet<string> features, FeatureService service, IReadOnlyDictionary<string, SourceTableSnapshot> sources)
    {
        // Constructed anew: a view derives its list of features from these two.
        var reduced = new FeatureView(
            view.Name, view.Entity, view.JoinKeys, view.Source, view.TtlMicros,
            [.. view.Latest.Where(feature => features.Contains(feature.Name))],
            [.. view.Windowed.Where(feature => features.Contains(feature.Name))],
            view.Description, view.Owner);
        var keys = service.JoinKeys.Select(key => key.Name).ToList();
        return new ViewJoin(reduced, sources[view.Source], [.. view.JoinKeys.Select(key => $"k{keys.IndexOf(key.Name)}")]);
    }
}
