using System.Globalization;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Durations as definitions write them: a whole number and s, m, h or d. In microseconds.</summary>
internal static class Durations
{
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;
    public const long Day = 24 * Hour;

    private const int MaxDigits = 9;

    public static bool TryParse(string text, out long micros)
    {
        micros = 0;
        if (text == "0")
        {
            return true;
        }

        if (text.Length < 2 || text.Length > MaxDigits + 1
            || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var unit = text[^1] switch { 's' => Second, 'm' => Minute, 'h' => Hour, 'd' => Day, _ => 0 };
        micros = number * unit;
        return unit > 0;
    }

    public static string Format(long micros) =>
        micros % Day == 0 ? $"{micros / Day}d"
        : micros % Hour == 0 ? $"{micros / Hour}h"
        : micros % Minute == 0 ? $"{micros / Minute}m"
        : $"{micros / Second}s";
}
