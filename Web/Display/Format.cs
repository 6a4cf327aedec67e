using System.Globalization;

namespace CloudNativeAi.Web.Display;

/// <summary>
/// Numbers as people read them: a unit on each, invariant culture, "—" for what is not known (0 is 0).
/// </summary>
public static class Format
{
    public const string Unknown = "—";

    // Narrow and not broken at the end of a line: a number keeps its unit.
    private const string ThinSpace = "\u202f";
    private const int ShortIdLength = 13;
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    /// <summary>A value and its unit apart, so that a figure can set them in two sizes.</summary>
    public readonly record struct Quantity(string Value, string Unit)
    {
        public override string ToString() => Unit.Length == 0 ? Value : Value + ThinSpace + Unit;
    }

    /// <summary>A figure: three significant digits with k, M, G.</summary>
    public static Quantity Figure(double? value, string unit)
    {
        if (value is not { } number || !double.IsFinite(number))
        {
            return new Quantity(Unknown, "");
        }

        var (scaled, prefix) = Math.Abs(number) switch
        {
            >= 999_500_000 => (number / 1e9, "G"),
            >= 999_500 => (number / 1e6, "M"),
            >= 1_000 => (number / 1e3, "k"),
            _ => (number, ""),
        };

        var space = prefix.Length > 0 && unit.Length > 0 ? " " : "";
        return new Quantity(Significant(scaled), prefix + space + unit);
    }

    public static Quantity Rate(double? perSecond, string what) => Figure(perSecond, what + "/s");

    /// <summary>Three significant digits; milliseconds below one second.</summary>
    public static Quantity Latency(double? seconds)
    {
        if (seconds is not { } value || !double.IsFinite(value))
        {
            return new Quantity(Unknown, "");
        }

        return Math.Abs(value) switch
        {
            0 => new Quantity("0", "ms"),
            < 0.0009995 => new Quantity(Significant(value * 1e6), "µs"),
            < 0.9995 => new Quantity(Significant(value * 1e3), "ms"),
            < 100 => new Quantity(Significant(value), "s"),
            _ => new Quantity(Duration(TimeSpan.FromSeconds(value)), ""),
        };
    }

    /// <summary>The end of an id: of time-ordered ones, it is what tells two neighbours apart.</summary>
    public static string ShortId(string id) => id.Length <= ShortIdLength ? id : "…" + id[^(ShortIdLength - 1)..];

    /// <summary>The beginning of a digest.</summary>
    public static string ShortDigest(string digest) =>
        digest.Length == 0 ? Unknown : digest.Length <= ShortIdLength ? digest : digest[..(ShortIdLength - 1)] + "…";

    /// <summary>Grouped with commas.</summary>
    public static string Count(long value) => value.ToString("N0", Invariant);

    public static string Auc(double? value) => Fixed(value, 4);

    public static string Psi(double? value) => Fixed(value, 3);

    public static string Score(double? value) => Fixed(value, 4);

    /// <summary>A share of one as a percentage with one decimal.</summary>
    public static string Share(double? value) =>
        value is { } share && double.IsFinite(share) ? (share * 100).ToString("0.0", Invariant) + ThinSpace + "%" : Unknown;

    public static string Fixed(double? value, int decimals) =>
        value is { } number && double.IsFinite(number) ? number.ToString("F" + decimals, Invariant) : Unknown;

    /// <summary>A difference, with its sign and three decimals.</summary>
    public static string Difference(double value) => double.IsFinite(value) ? value.ToString("+0.000;\u22120.000;0.000", Invariant) : Unknown;

    /// <summary>Any number of a table: integers grouped, fractions with four significant digits.</summary>
    public static string Number(double? value)
    {
        if (value is not { } number || !double.IsFinite(number))
        {
            return Unknown;
        }

        if (number == Math.Floor(number) && Math.Abs(number) < 1e15)
        {
            return number.ToString("N0", Invariant);
        }

        return Math.Abs(number) is >= 1e-4 and < 1e6
            ? number.ToString("#,##0.####", Invariant)
            : number.ToString("0.###e0", Invariant);
    }

    /// <summary>Binary units, for memory and files.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        var unit = 0;

        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return (unit == 0 ? value.ToString("0", Invariant) : Significant(value)) + ThinSpace + units[unit];
    }

    /// <summary>Such as "850 ms", "12 s", "4 min 05 s", "1 h 04 min", "3 d 02 h".</summary>
    public static string Duration(TimeSpan time)
    {
        if (time < TimeSpan.Zero)
        {
            return "-" + Duration(-time);
        }

        return time switch
        {
            { TotalSeconds: < 1 } => $"{time.TotalMilliseconds.ToString("0", Invariant)}{ThinSpace}ms",
            { TotalMinutes: < 1 } => $"{Math.Floor(time.TotalSeconds).ToString("0", Invariant)}{ThinSpace}s",
            { TotalHours: < 1 } => $"{time.Minutes}{ThinSpace}min {time.Seconds:00}{ThinSpace}s",
            { TotalDays: < 1 } => $"{time.Hours}{ThinSpace}h {time.Minutes:00}{ThinSpace}min",
            _ => $"{Count(time.Days)}{ThinSpace}d {time.Hours:00}{ThinSpace}h",
        };
    }

    /// <summary>Such as "now", "12 s ago", "4 min ago", "3 h ago", "5 d ago"; "in 4 min" for what is ahead.</summary>
    public static string Ago(TimeSpan age)
    {
        var (number, unit) = age.Duration() switch
        {
            { TotalMinutes: < 1 } span => (span.TotalSeconds, "s"),
            { TotalHours: < 1 } span => (span.TotalMinutes, "min"),
            { TotalDays: < 1 } span => (span.TotalHours, "h"),
            var span => (span.TotalDays, "d"),
        };

        var whole = (long)Math.Floor(number);
        if (unit == "s" && whole < 1)
        {
            return "now";
        }

        var text = Count(whole) + ThinSpace + unit;
        return age < TimeSpan.Zero ? "in " + text : text + " ago";
    }

    // Three significant digits, without an exponent and without trailing zeros that say nothing.
    private static string Significant(double value)
    {
        var magnitude = Math.Abs(value);
        var decimals = magnitude switch
        {
            0 => 0,
            >= 99.95 => 0,
            >= 9.995 => 1,
            >= 0.9995 => 2,
            _ => 3,
        };

        var text = value.ToString("F" + decimals, Invariant);
        return value == Math.Floor(value) ? value.ToString("0", Invariant) : text;
    }
}
