namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>How far one source is. Positions of the online store: the least of its views.</summary>
internal sealed record SourceState(
    string Source,
    long HeadPosition,
    long OfflinePosition,
    long OfflineRows,
    long OnlinePosition,
    long LastEventTimestampMicros,
    long LastMaterializedMicros,
    string Error)
{
    public static SourceState New(string source) => new(source, 0, 0, 0, 0, 0, 0, "");
}
