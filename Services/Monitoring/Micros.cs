namespace CloudNativeAi.Monitoring;

/// <summary>Instants of the contracts: microseconds since the Unix epoch, UTC.</summary>
internal static class Micros
{
    public const long PerDay = 24L * 60 * 60 * 1_000_000;

    public static long Now(this TimeProvider timeProvider) => From(timeProvider.GetUtcNow());

    public static long From(DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static long From(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToInstant(long micros) => DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);

    /// <summary>Start of the interval of a width that holds an instant; intervals are counted from the epoch.</summary>
    public static long Floor(long micros, long width) => micros - (((micros % width) + width) % width);
}
