using System.Globalization;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Validation;

namespace CloudNativeAi.Monitoring.Labels;

/// <summary>
/// Reads labels from a JSON array or from NDJSON. Names are those of the contract, in camelCase or snake_case; the timestamp is
/// <c>labelTimestampMicros</c> (a number) or <c>labelTimestamp</c> (RFC 3339 with an offset); the value is a number or a boolean.
/// </summary>
internal static class LabelReader
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 4 };

    /// <exception cref="JsonException">The body as a whole is not what it should be.</exception>
    public static List<LabelRow> ReadArray(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, Options);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("The body must be a JSON array of labels; for one label per line send application/x-ndjson.");
        }

        return [.. document.RootElement.EnumerateArray().Select(ReadRow)];
    }

    public static List<LabelRow> ReadLines(ReadOnlyMemory<byte> body)
    {
        var rows = new List<LabelRow>();
        while (!body.IsEmpty)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            rows.Add(ReadLine(line));
        }

        return rows;
    }

    private static LabelRow ReadLine(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Options);
            return ReadRow(document.RootElement);
        }
        catch (JsonException exception)
        {
            return new LabelRow(new LabelRecord(), new Problem("", $"is not JSON: {exception.Message}"));
        }
    }

    private static LabelRow ReadRow(JsonElement element)
    {
        var label = new LabelRecord();
        if (element.ValueKind != JsonValueKind.Object)
        {
            return new LabelRow(label, new Problem("", "must be a JSON object."));
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            var problem = ReadProperty(label, property, seen);
            if (problem is not null)
            {
                return new LabelRow(label, problem);
            }
        }

        // The contract's default of a number is 0, which would be a label nobody sent.
        return new LabelRow(label, seen.Contains("value") ? null : new Problem("value", "is required."));
    }

    private static Problem? ReadProperty(LabelRecord label, JsonProperty property, HashSet<string> seen)
    {
        var field = property.Name switch
        {
            "predictionId" or "prediction_id" => "prediction_id",
            "value" => "value",
            "labelTimestamp" or "label_timestamp" => "label_timestamp",
            "labelTimestampMicros" or "label_timestamp_micros" => "label_timestamp_micros",
            "modelName" or "model_name" => "model_name",
            _ => null,
        };

        if (field is null)
        {
            return new Problem(Shorten(property.Name), "is not a field of a label.");
        }

        // Either form of the timestamp, once.
        if (!seen.Add(field.Replace("_micros", "", StringComparison.Ordinal)))
        {
            return new Problem(field, "is there twice.");
        }

        return field switch
        {
            "value" => ReadValue(label, property.Value),
            "label_timestamp" => ReadTimestamp(label, property.Value),
            "label_timestamp_micros" => ReadTimestampMicros(label, property.Value),
            _ => ReadText(label, field, property.Value),
        };
    }

    private static Problem? ReadValue(LabelRecord label, JsonElement value)
    {
        label.Value = value.ValueKind switch
        {
            JsonValueKind.True => 1,
            JsonValueKind.False => 0,
            JsonValueKind.Number => value.GetDouble(),
            _ => double.NaN,
        };

        return double.IsFinite(label.Value) ? null : new Problem("value", "must be a finite number, true or false.");
    }

    private static Problem? ReadTimestamp(LabelRecord label, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String
            || value.GetRawText() is not { Length: <= 64 } text
            || !HasOffset(text.Trim('"'))
            || !DateTimeOffset.TryParse(text.Trim('"'), CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant))
        {
            return new Problem("label_timestamp", "must be an RFC 3339 timestamp with an offset, such as 2026-08-01T10:00:00Z.");
        }

        label.LabelTimestampMicros = Micros.From(instant);
        return null;
    }

    private static bool HasOffset(string text) =>
        text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');

    private static Problem? ReadTimestampMicros(LabelRecord label, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var micros))
        {
            return new Problem("label_timestamp_micros", "must be a whole number of microseconds since 1970-01-01T00:00:00Z.");
        }

        label.LabelTimestampMicros = micros;
        return null;
    }

    private static Problem? ReadText(LabelRecord label, string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return new Problem(field, "must be a string.");
        }

        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return new Problem(field, "is not valid Unicode.");
        }

        if (field == "model_name")
        {
            label.ModelName = text;
        }
        else
        {
            label.PredictionId = text;
        }

        return null;
    }

    private static string Shorten(string name)
    {
        var printable = new StringBuilder();
        foreach (var character in name.Where(character => !char.IsControl(character) && !char.IsSurrogate(character)).Take(64))
        {
            printable.Append(character);
        }

        return printable.ToString();
    }
}

/// <summary>A label as sent, and what was already wrong with its form.</summary>
internal sealed record LabelRow(LabelRecord Label, Problem? Problem);
