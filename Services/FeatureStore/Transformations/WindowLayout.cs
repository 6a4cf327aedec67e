using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>A windowed view prepared for work: which tiles of which width hold what, and which column each field is. Make once a view and schema.</summary>
internal sealed class WindowLayout
{
    private WindowLayout(FeatureView view, SourceSchema schema, Resolution[] resolutions)
    {
        View = view;
        Schema = schema;
        Resolutions = resolutions;
    }

    public FeatureView View { get; }

    public SourceSchema Schema { get; }

    /// <summary>By tile width, narrowest first.</summary>
    public Resolution[] Resolutions { get; }

    public long LongestWindowMicros => Resolutions[^1].LongestWindowMicros;

    public static WindowLayout Create(FeatureView view, SourceSchema schema)
    {
        var resolutions = view.Windowed
            .Select((feature, index) => (Feature: feature, Index: index))
            .GroupBy(item => item.Feature.TileMicros)
            .OrderBy(group => group.Key)
            .Select(group => CreateResolution(group.Key, [.. group], schema))
            .ToArray();

        return new WindowLayout(view, schema, resolutions);
    }

    private static Resolution CreateResolution(long tileMicros, (WindowedFeature Feature, int Index)[] features, SourceSchema schema)
    {
        var slots = features
            .Where(item => item.Feature.Field is not null)
            .GroupBy(item => item.Feature.Field!, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new FieldSlot(
                group.Key,
                schema.IndexOf(group.Key) is var column and >= 0
                    ? column
                    : throw new InvalidOperationException($"The source '{schema.Name}' has no field '{group.Key}' any more."),
                schema.Fields[schema.IndexOf(group.Key)].Type,
                group.Aggregate(FieldAggregates.None, (all, item) => all | FieldAggregatesOf.Function(item.Feature.Function))))
            .ToArray();

        var windows = features
            .GroupBy(item => item.Feature.WindowMicros)
            .OrderBy(group => group.Key)
            .Select(group => new Window(group.Key / tileMicros, [.. group.Select(item => new WindowOutput(
                item.Index,
                item.Feature.Function,
                item.Feature.Type,
                item.Feature.Field is null ? -1 : Array.FindIndex(slots, slot => slot.Field == item.Feature.Field)))]))
            .ToArray();

        return new Resolution(tileMicros, slots, windows, KeepsCreated: !schema.Backfilled);
    }
}

/// <summary>All windows of one view that are cut into tiles of one width.</summary>
/// <param name="Windows">Shortest first.</param>
/// <param name="KeepsCreated">Whether a read asks when events arrived: of a live source it does.</param>
internal sealed record Resolution(long TileMicros, FieldSlot[] Slots, Window[] Windows, bool KeepsCreated)
{
    public long LongestWindowTiles => Windows[^1].Tiles;

    public long LongestWindowMicros => LongestWindowTiles * TileMicros;

    public long TileOf(long micros)
    {
        var quotient = Math.DivRem(micros, TileMicros, out var remainder);
        return remainder < 0 ? quotient - 1 : quotient;
    }
}

internal sealed record FieldSlot(string Field, int Column, ValueType Type, FieldAggregates Aggregates);

/// <param name="Tiles">Length of the window in tiles.</param>
internal sealed record Window(long Tiles, WindowOutput[] Outputs);

/// <param name="Feature">Index of the feature in the view.</param>
/// <param name="Slot">Index of the field's slot; -1 for the count of events.</param>
internal sealed record WindowOutput(int Feature, WindowFunction Function, ValueType Type, int Slot);
