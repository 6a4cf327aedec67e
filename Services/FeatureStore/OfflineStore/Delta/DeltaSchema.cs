using System.Buffers;
using System.Text;
using System.Text.Json;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>A table's columns and their Delta types: the primitive ones, which are all that our tables have.</summary>
internal sealed record DeltaSchema(IReadOnlyList<DeltaColumn> Columns)
{
    public static DeltaSchema Parse(string schemaString)
    {
        using var document = JsonDocument.Parse(schemaString);
        var columns = new List<DeltaColumn>();
        foreach (var field in document.RootElement.GetProperty("fields").EnumerateArray())
        {
            var type = field.GetProperty("type");
            columns.Add(new DeltaColumn(
                field.GetProperty("name").GetString()!,
                type.ValueKind is JsonValueKind.String ? type.GetString()! : type.GetRawText()));
        }

        return new DeltaSchema(columns);
    }

    public string ToSchemaString()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "struct");
            writer.WriteStartArray("fields");
            foreach (var column in Columns)
            {
                writer.WriteStartObject();
                writer.WriteString("name", column.Name);
                writer.WriteString("type", column.Type);
                writer.WriteBoolean("nullable", true);
                writer.WriteStartObject("metadata");
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <param name="Type">"string", "long", "double", "boolean" or "timestamp".</param>
internal sealed record DeltaColumn(string Name, string Type);
