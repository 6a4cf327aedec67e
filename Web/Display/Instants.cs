using System.Globalization;

namespace CloudNativeAi.Web.Display;

/// <summary>Instants of the contracts: microseconds since the Unix epoch, UTC; 0 is "never".</summary>
public static class Instants
{
    private const long MaxMicros = 253_402_300_799_999_999;

    public static DateTimeOffset? FromMicros(long micros) =>
        micros is > 0 and <= MaxMicros ? DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond) : null;

    public static long ToMicros(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static string Iso(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Clock(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>For tables: the year only where it is not this year's.</summary>
    public static string Table(DateTimeOffset instant, DateTimeOffset now) =>
        instant.UtcDateTime.ToString(
            instant.UtcDateTime.Year == now.UtcDateTime.Year ? "MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
