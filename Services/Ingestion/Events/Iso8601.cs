namespace CloudNativeAi.Ingestion.Events;

/// <summary>Instants as text: <c>2014-01-31T23:59:59.123456Z</c>, seconds and fraction may be absent, the zone may not.</summary>
internal static class Iso8601
{
    private const int DateLength = 10;
    private const int TicksPerMicrosecond = 10;

    /// <summary>Digits past the microsecond are cut off. False: not of this form, or no such day or time.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        if (text.Length < DateLength + 1
            || !TryDigits(text, 0, 4, out var year) || text[4] != '-' || !TryDigits(text, 5, 2, out var month) || text[7] != '-' || !TryDigits(text, 8, 2, out var day)
            || text[DateLength] is not ((byte)'T' or (byte)'t' or (byte)' ')
            || year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        var rest = text[(DateLength + 1)..];
        if (!TryTime(ref rest, out var timeMicros) || !TryZone(rest, out var offsetMinutes))
        {
            return false;
        }

        var days = (new DateTime(year, month, day).Ticks - DateTime.UnixEpoch.Ticks) / TicksPerMicrosecond;
        micros = days + timeMicros - (offsetMinutes * 60_000_000L);
        return true;
    }

    private static bool TryTime(ref ReadOnlySpan<byte> text, out long micros)
    {
        micros = 0;
        if (text.Length < 5 || !TryDigits(text, 0, 2, out var hour) || text[2] != ':' || !TryDigits(text, 3, 2, out var minute) || hour > 23 || minute > 59)
        {
            return false;
        }

        text = text[5..];
        var second = 0;
        if (text.Length > 0 && text[0] == ':')
        {
            if (!TryDigits(text, 1, 2, out second) || second > 59)
            {
                return false;
            }

            text = text[3..];
        }

        micros = ((((hour * 60L) + minute) * 60) + second) * 1_000_000;
        if (text.Length > 0 && text[0] is (byte)'.' or (byte)',')
        {
            return TryFraction(ref text, ref micros);
        }

        return true;
    }

    private static bool TryFraction(ref ReadOnlySpan<byte> text, ref long micros)
    {
        var digits = text[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? text.Length - 1 : digits;
        if (digits == 0)
        {
            return false;
        }

        var scale = 100_000;
        for (var index = 1; index <= digits && scale > 0; index++)
        {
            micros += (text[index] - '0') * scale;
            scale /= 10;
        }

        text = text[(digits + 1)..];
        return true;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, out int offsetMinutes)
    {
        offsetMinutes = 0;
        if (text is [(byte)'Z' or (byte)'z'])
        {
            return true;
        }

        if (text.Length < 3 || text[0] is not ((byte)'+' or (byte)'-') || !TryDigits(text, 1, 2, out var hours) || hours > 18)
        {
            return false;
        }

        var minutes = 0;
        var valid = text.Length switch
        {
            3 => true,
            5 => TryDigits(text, 3, 2, out minutes),
            6 => text[3] == ':' && TryDigits(text, 4, 2, out minutes),
            _ => false,
        };
        offsetMinutes = (text[0] == '-' ? -1 : 1) * ((hours * 60) + minutes);
        return valid && minutes < 60;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, int start, int count, out int value)
    {
        value = 0;
        if (text.Length < start + count)
        {
            return false;
        }

        foreach (var digit in text.Slice(start, count))
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = (value * 10) + digit - '0';
        }

        return true;
    }
}
