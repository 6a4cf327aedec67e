namespace CloudNativeAi.Ingestion.EventLog;

/// <summary>Instants as microseconds since 1970-01-01T00:00:00Z.</summary>
internal static class Micros
{
    public const long PerMinute = 60L * 1_000_000;

    public const long PerHour = 3600L * 1_000_000;

    public const long PerDay = 24L * 3600 * 1_000_000;

    public static long ToMicros(this DateTimeOffset instant) => (instant.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static int ToDay(long micros) => (int)Math.DivRem(micros, PerDay).Quotient;
}
