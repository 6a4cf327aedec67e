using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.Transformations;

/// <summary>
/// How finely a window is cut. Its edges move in steps of one tile, so a value changes at most once a tile;
/// a window is at most 144, 288 or 90 tiles long. Constants: changing one changes every view's fingerprint.
/// </summary>
internal static class TileWidths
{
    /// <summary>Raised whenever widths or the packed form of states change.</summary>
    public const int LayoutVersion = 1;

    public const long ShortestWindow = 5 * Durations.Minute;
    public const long LongestWindow = 90 * Durations.Day;

    public static long For(long windowMicros) => windowMicros switch
    {
        <= 12 * Durations.Hour => 5 * Durations.Minute,
        <= 12 * Durations.Day => Durations.Hour,
        _ => Durations.Day,
    };
}
