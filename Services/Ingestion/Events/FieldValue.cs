using System.Globalization;
using System.Text.Json;
using CloudNativeAi.Ingestion.Sources;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Events;

/// <summary>Checks one value of a row against its field.</summary>
internal static class FieldValue
{
    private const int MaxShown = 40;

    /// <param name="micros">The value of a timestamp.</param>
    /// <param name="number">The value of a number or timestamp; negative infinity: null; NaN: some other value.</param>
    public static bool TryCheck(ref Utf8JsonReader reader, SchemaField field, out long micros, out double number, out string reason)
    {
        micros = 0;
        number = double.NaN;
        if (reader.TokenType == JsonTokenType.Null)
        {
            number = double.NegativeInfinity;
            reason = "must not be null";
            return field.Nullable;
        }

        bool valid;
        switch (field.Type)
        {
            case ValueType.String:
                valid = reader.TokenType == JsonTokenType.String && (!reader.ValueIsEscaped || CanUnescape(ref reader)) && field.Text?.Allows(ref reader) != false;
                break;
            case ValueType.Int64:
                valid = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var integer) && field.Allows(number = integer);
                break;
            case ValueType.Double:
                valid = reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out number) && double.IsFinite(number) && field.Allows(number);
                break;
            case ValueType.Bool:
                valid = reader.TokenType is JsonTokenType.True or JsonTokenType.False;
                break;
            default:
                valid = reader.TokenType switch
                {
                    JsonTokenType.Number => reader.TryGetInt64(out micros),
                    JsonTokenType.String => !reader.ValueIsEscaped && Iso8601.TryParse(reader.ValueSpan, out micros),
                    _ => false,
                };
                number = micros;
                break;
        }

        reason = valid ? "" : Explain(ref reader, field);
        return valid;
    }

    private static string Explain(ref Utf8JsonReader reader, SchemaField field)
    {
        if (reader.TokenType == JsonTokenType.Number && field.Type is ValueType.Int64 or ValueType.Double
            && reader.TryGetDouble(out var number) && !field.Allows(number) && double.IsFinite(number))
        {
            var bounds = (field.Minimum, field.Maximum) switch
            {
                (double.NegativeInfinity, var maximum) => $"at most {Format(maximum)}",
                (var minimum, double.PositiveInfinity) => $"at least {Format(minimum)}",
                var (minimum, maximum) => $"between {Format(minimum)} and {Format(maximum)}",
            };
            return $"must be {bounds}, but is {Show(ref reader, field)}";
        }

        if (reader.TokenType == JsonTokenType.String && field.Text is { } text && (!reader.ValueIsEscaped || CanUnescape(ref reader)))
        {
            return $"must {text}, but is {Show(ref reader, field)}";
        }

        var expected = field.Type switch
        {
            ValueType.String => reader.TokenType == JsonTokenType.String ? "a string without U+0000 and lone surrogates" : "a string",
            ValueType.Int64 => "an integer of 64 bits",
            ValueType.Double => "a finite number",
            ValueType.Bool => "true or false",
            _ => "a timestamp (ISO 8601 with a zone, such as 2014-01-31T12:00:00Z, or whole microseconds since 1970)",
        };
        return $"must be {expected}, but is {Show(ref reader, field)}";
    }

    private static string Show(ref Utf8JsonReader reader, SchemaField field)
    {
        var kind = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "an array",
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.String => "a string",
            _ => "a number",
        };

        // What a dead letter's reason says is seen by more people than the dead letter itself.
        if (field.PersonalData || reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            return kind;
        }

        var text = System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
        text = text.Length <= MaxShown ? text : text[..MaxShown] + "...";
        return reader.TokenType == JsonTokenType.String ? $"the string \"{text}\"" : $"the number {text}";
    }

    private static string Format(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static bool CanUnescape(ref Utf8JsonReader reader)
    {
        try
        {
            return !reader.GetString()!.Contains('\0');
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate.
            return false;
        }
    }
}
