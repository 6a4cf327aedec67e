using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>A file's statistics as the text that stands in its add action.</summary>
internal static partial class StatisticsJson
{
    private const int StringPrefix = 32;
    private static readonly Rune LastRune = new(0x10FFFF);

    /// <param name="statistics">As DuckDB's RETURN_STATS gives them, by column name.</param>
    public static string Write(DeltaSchema schema, long rows, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> statistics)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("numRecords", rows);
            foreach (var (name, key) in new[] { ("minValues", "min"), ("maxValues", "max") })
            {
                writer.WriteStartObject(name);
                foreach (var column in schema.Columns)
                {
                    if (statistics.TryGetValue(column.Name, out var values) && values.TryGetValue(key, out var value)
                        && values.GetValueOrDefault("has_nan") is not "true")
                    {
                        WriteBound(writer, column, value, isMaximum: key == "max");
                    }
                }

                writer.WriteEndObject();
            }

            writer.WriteStartObject("nullCount");
            foreach (var column in schema.Columns)
            {
                if (statistics.TryGetValue(column.Name, out var values)
                    && long.TryParse(values.GetValueOrDefault("null_count"), NumberStyles.None, CultureInfo.InvariantCulture, out var nulls))
                {
                    writer.WriteNumber(column.Name, nulls);
                }
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    // A bound that cannot be written so that it surely holds is left out: readers then do not skip the file.
    private static void WriteBound(Utf8JsonWriter writer, DeltaColumn column, string value, bool isMaximum)
    {
        switch (column.Type)
        {
            case "long" when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number):
                writer.WriteNumber(column.Name, number);
                break;
            case "double" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                writer.WriteNumber(column.Name, number);
                break;
            case "timestamp" when Timestamp().Match(value) is { Success: true } match:
                writer.WriteString(column.Name, $"{match.Groups[1].Value}T{match.Groups[2].Value}Z");
                break;
            case "string" when isMaximum:
                if (CutMaximum(value) is { } maximum)
                {
                    writer.WriteString(column.Name, maximum);
                }

                break;
            case "string":
                writer.WriteString(column.Name, Prefix(value));
                break;
        }
    }

    private static string Prefix(string value)
    {
        if (value.Length <= StringPrefix)
        {
            return value;
        }

        var prefix = new StringBuilder();
        foreach (var rune in value.EnumerateRunes().Take(StringPrefix))
        {
            prefix.Append(rune.ToString());
        }

        return prefix.ToString();
    }

    // A cut maximum is smaller than the value, so the greatest character is put after it; it must be greater than what was cut.
    private static string? CutMaximum(string value)
    {
        var prefix = Prefix(value);
        if (prefix.Length == value.Length)
        {
            return value;
        }

        return Rune.GetRuneAt(value, prefix.Length) == LastRune ? null : prefix + LastRune;
    }

    [GeneratedRegex(@"^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)\+00$")]
    private static partial Regex Timestamp();
}
