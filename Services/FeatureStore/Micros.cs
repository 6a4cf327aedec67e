namespace CloudNativeAi.FeatureStore;

/// <summary>Instants as the contracts have them: microseconds since 1970-01-01T00:00:00Z.</summary>
internal static class Micros
{
    public static long Now(TimeProvider timeProvider) => Of(timeProvider.GetUtcNow());

    public static long Of(DateTimeOffset instant) => (instant.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToInstant(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros);
}
