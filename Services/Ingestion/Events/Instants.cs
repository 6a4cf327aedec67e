using System.Globalization;

namespace CloudNativeAi.Ingestion.Events;

internal static class Instants
{
    private const long MinMicros = -62_135_596_800_000_000;
    private const long MaxMicros = 253_402_300_799_999_999;

    /// <summary>For messages: ISO 8601 where there is such a day, else the number.</summary>
    public static string Describe(long micros) =>
        micros is >= MinMicros and <= MaxMicros
            ? DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFZ", CultureInfo.InvariantCulture)
            : $"{micros} us";
}
