namespace CloudNativeAi.Monitoring.Validation;

/// <summary>Rules that several records share. Null means fine.</summary>
internal static class Rules
{
    public const int MaxIdLength = 128;

    // 1900-01-01: older instants are unit mistakes, not events.
    private const long EarliestMicros = -2_208_988_800_000_000;

    public static Problem? Id(string field, string id) =>
        id.Length is 0 or > MaxIdLength ? new Problem(field, $"must have 1 to {MaxIdLength} characters, has {id.Length}.")
        : HasControlCharacter(id) ? new Problem(field, "must not have control characters.")
        : null;

    public static Problem? ModelName(string field, string name)
    {
        if (name.Length is 0 or > MaxIdLength || !char.IsAsciiLetter(name[0])
            || name.Any(character => !char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.')))
        {
            return new Problem(field, "must have 1 to 128 letters, digits, '-', '_' or '.', first a letter.");
        }

        return null;
    }

    public static Problem? Text(string field, string text, int maxLength) =>
        text.Length > maxLength ? new Problem(field, $"must have at most {maxLength} characters, has {text.Length}.")
        : HasControlCharacter(text) ? new Problem(field, "must not have control characters.")
        : null;

    public static Problem? Finite(string field, double value) =>
        double.IsFinite(value) ? null : new Problem(field, $"must be a finite number, is {value}.");

    /// <summary>Given, not before 1900 and not later than <paramref name="latestMicros"/>.</summary>
    public static Problem? Instant(string field, long micros, long latestMicros) =>
        micros == 0 ? new Problem(field, "is required, in microseconds since 1970-01-01T00:00:00Z.")
        : micros < EarliestMicros ? new Problem(field, "is before the year 1900; it must be in microseconds since 1970-01-01T00:00:00Z.")
        : micros > latestMicros ? new Problem(field, $"is in the future ({Describe(micros)}); it must be in microseconds since 1970-01-01T00:00:00Z.")
        : null;

    private static string Describe(long micros) =>
        micros > Micros.From(DateTimeOffset.MaxValue) ? $"{micros}" : $"{Micros.ToInstant(micros):yyyy-MM-ddTHH:mm:ssZ}";

    private static bool HasControlCharacter(string text)
    {
        foreach (var character in text)
        {
            if (char.IsControl(character))
            {
                return true;
            }
        }

        return false;
    }
}
