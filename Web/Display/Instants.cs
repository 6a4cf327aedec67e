using System.Globalization;

namespace CloudNativeAi.Web.Display;

/// <summary>Instants of the contracts: microseconds since the Unix epoch, UTC; 0 is "never".</summary>
public static class Instants
{
    private const int MaxDays = 20_000;
    private const long MaxMicros = 253_402_300_799_999_999;

    public static DateTimeOffset? FromMicros(long micros) =>
        micros is > 0 and <= MaxMicros ? DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond) : null;

    public static long ToMicros(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static string Iso(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Clock(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>What stands in an address: an instant in UTC, or "now-90m", "now-6h", "now-7d". Null: neither.</summary>
    public static DateTimeOffset? Read(string text, DateTimeOffset now)
    {
        const string Relative = "now-";
        if (!text.StartsWith(Relative, StringComparison.Ordinal) || text.Length < Relative.Length + 2)
        {
            return Values.TryInstant(text, out var instant) ? instant : null;
        }

        return int.TryParse(text.AsSpan()[Relative.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? text[^1] switch
            {
                'm' => now - TimeSpan.FromMinutes(number),
                'h' => now - TimeSpan.FromHours(number),
                'd' when number <= MaxDays => now - TimeSpan.FromDays(number),
                _ => null,
            }
            : null;
    }

    /// <summary>For tables: the year only where it is not this year's.</summary>
    public static string Table(DateTimeOffset instant, DateTimeOffset now) =>
        instant.UtcDateTime.ToString(
            instant.UtcDateTime.Year == now.UtcDateTime.Year ? "MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
