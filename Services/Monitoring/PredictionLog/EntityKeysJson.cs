using System.Buffers;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.Common;

namespace CloudNativeAi.Monitoring.PredictionLog;

/// <summary>
/// Entity keys as JSON that SQL can read and nothing is lost in: strings, whole numbers, booleans and null stand for themselves,
/// the two other types are {"double": 1.5} and {"timestampMicros": 1}.
/// </summary>
internal static class EntityKeysJson
{
    private const string DoubleName = "double";
    private const string TimestampName = "timestampMicros";

    public static string Write(IEnumerable<KeyValuePair<string, Value>> keys)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in keys)
            {
                writer.WritePropertyName(name);
                Write(writer, value);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static IEnumerable<KeyValuePair<string, Value>> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            yield return KeyValuePair.Create(property.Name, Read(property.Value));
        }
    }

    private static void Write(Utf8JsonWriter writer, Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                writer.WriteStringValue(value.StringValue);
                break;
            case Value.KindOneofCase.Int64Value:
                writer.WriteNumberValue(value.Int64Value);
                break;
            case Value.KindOneofCase.BoolValue:
                writer.WriteBooleanValue(value.BoolValue);
                break;
            case Value.KindOneofCase.DoubleValue:
                writer.WriteStartObject();
                writer.WriteNumber(DoubleName, value.DoubleValue);
                writer.WriteEndObject();
                break;
            case Value.KindOneofCase.TimestampMicros:
                writer.WriteStartObject();
                writer.WriteNumber(TimestampName, value.TimestampMicros);
                writer.WriteEndObject();
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static Value Read(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => new Value { StringValue = element.GetString() },
        JsonValueKind.Number => new Value { Int64Value = element.GetInt64() },
        JsonValueKind.True or JsonValueKind.False => new Value { BoolValue = element.GetBoolean() },
        JsonValueKind.Object when element.TryGetProperty(DoubleName, out var number) => new Value { DoubleValue = number.GetDouble() },
        JsonValueKind.Object when element.TryGetProperty(TimestampName, out var micros) => new Value { TimestampMicros = micros.GetInt64() },
        _ => new Value(),
    };
}
