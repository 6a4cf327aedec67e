using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace CloudNativeAi.Inference.Rest;

/// <summary>
/// Messages of the gRPC side as REST bodies: the same names in snake case and, unlike protobuf's own JSON, 64-bit numbers as
/// numbers, which is what the protocol's REST clients read.
/// </summary>
internal static class ProtoJson
{
    /// <summary>Every field, also those that are empty, false or zero.</summary>
    public static byte[] Write(IMessage message) => ToBytes(writer => Write(writer, message, withDefaults: true));

    /// <summary>An array of messages, without what is empty, false or zero.</summary>
    public static byte[] WriteArray(IEnumerable<IMessage> messages) => ToBytes(writer =>
    {
        writer.WriteStartArray();
        foreach (var message in messages)
        {
            Write(writer, message, withDefaults: false);
        }

        writer.WriteEndArray();
    });

    private static byte[] ToBytes(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, IMessage message, bool withDefaults)
    {
        writer.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (value is null || (!withDefaults && IsDefault(value)))
            {
                continue;
            }

            writer.WritePropertyName(field.Name);
            WriteValue(writer, field, value, withDefaults);
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, FieldDescriptor field, object value, bool withDefaults)
    {
        switch (value)
        {
            case IMessage message:
                Write(writer, message, withDefaults);
                break;
            case System.Collections.IDictionary map:
                writer.WriteStartObject();
                foreach (System.Collections.DictionaryEntry entry in map)
                {
                    writer.WritePropertyName(entry.Key.ToString()!);
                    WriteValue(writer, field, entry.Value!, withDefaults);
                }

                writer.WriteEndObject();
                break;
            case System.Collections.IList list:
                writer.WriteStartArray();
                foreach (var element in list)
                {
                    WriteValue(writer, field, element!, withDefaults);
                }

                writer.WriteEndArray();
                break;
            case Enum:
                writer.WriteStringValue(field.EnumType.FindValueByNumber((int)value).Name);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            default:
                JsonSerializer.Serialize(writer, value, value.GetType());
                break;
        }
    }

    private static bool IsDefault(object value) => value switch
    {
        string text => text.Length == 0,
        System.Collections.ICollection collection => collection.Count == 0,
        bool flag => !flag,
        IConvertible number => number.ToDouble(null) == 0,
        _ => false,
    };
}
