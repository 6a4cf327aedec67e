using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CloudNativeAi.FeatureStore.OfflineStore.Delta;

/// <summary>Actions as lines of JSON and back. Unknown fields are ignored, as the protocol asks of readers.</summary>
internal static class DeltaJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] WriteCommit(IEnumerable<DeltaAction> actions)
    {
        var buffer = new ArrayBufferWriter<byte>();
        // commitInfo goes first; otherwise the order of lines has no meaning.
        foreach (var action in actions.OrderBy(action => action is CommitInfoAction ? 0 : 1))
        {
            WriteLine(buffer, action);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void WriteLine(ArrayBufferWriter<byte> buffer, DeltaAction action)
    {
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            Write(writer, action);
        }

        buffer.Write("\n"u8);
    }

    public static List<DeltaAction> ReadCommit(string name, ReadOnlySpan<byte> content)
    {
        var actions = new List<DeltaAction>();
        foreach (var range in content.Split((byte)'\n'))
        {
            var line = content[range].TrimEnd((byte)'\r');
            if (line.IsEmpty)
            {
                continue;
            }

            try
            {
                var reader = new Utf8JsonReader(line);
                using var document = JsonDocument.ParseValue(ref reader);
                foreach (var property in document.RootElement.EnumerateObject())
                {
                    actions.Add(Read(property.Name, property.Value));
                }
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw new DeltaCorruptException($"'{name}' has a line that is no action: {exception.Message}", exception);
            }
        }

        return actions;
    }

    public static DeltaAction Read(string kind, JsonElement body) => kind switch
    {
        "protocol" => new ProtocolAction(
            body.GetProperty("minReaderVersion").GetInt32(),
            body.GetProperty("minWriterVersion").GetInt32(),
            [.. Strings(body, "readerFeatures").Union(Strings(body, "writerFeatures"))]),
        "metaData" => new MetadataAction(
            body.GetProperty("id").GetString()!,
            OptionalString(body, "name"),
            OptionalString(body, "description"),
            body.GetProperty("format").GetProperty("provider").GetString()!,
            body.GetProperty("schemaString").GetString()!,
            Strings(body, "partitionColumns"),
            Map(body, "configuration").ToImmutableSortedDictionary(pair => pair.Key, pair => pair.Value ?? "", StringComparer.Ordinal),
            OptionalInt64(body, "createdTime")),
        "add" => ReadAdd(body),
        "remove" => new RemoveAction(
            body.GetProperty("path").GetString()!,
            OptionalBoolean(body, "dataChange") ?? true,
            OptionalInt64(body, "deletionTimestamp"),
            Present(body, "partitionValues") is null ? null : Map(body, "partitionValues"),
            OptionalInt64(body, "size")),
        "txn" => new TxnAction(body.GetProperty("appId").GetString()!, body.GetProperty("version").GetInt64(), OptionalInt64(body, "lastUpdated")),
        "commitInfo" => new CommitInfoAction(
            OptionalInt64(body, "timestamp") ?? 0,
            OptionalString(body, "operation"),
            OptionalInt64(body, "readVersion"),
            OptionalBoolean(body, "isBlindAppend"),
            OptionalString(body, "txnId")),
        _ => new UnknownAction(kind),
    };

    private static AddAction ReadAdd(JsonElement body)
    {
        if (Present(body, "deletionVector") is not null)
        {
            throw new DeltaUnsupportedException("The Delta table has deletion vectors, which this program does not read.");
        }

        return new AddAction(
            body.GetProperty("path").GetString()!,
            Map(body, "partitionValues"),
            body.GetProperty("size").GetInt64(),
            OptionalInt64(body, "modificationTime") ?? 0,
            OptionalBoolean(body, "dataChange") ?? true,
            OptionalString(body, "stats"));
    }

    private static void Write(Utf8JsonWriter writer, DeltaAction action)
    {
        writer.WriteStartObject();
        switch (action)
        {
            case ProtocolAction protocol:
                writer.WriteStartObject("protocol");
                writer.WriteNumber("minReaderVersion", protocol.MinReaderVersion);
                writer.WriteNumber("minWriterVersion", protocol.MinWriterVersion);
                break;
            case MetadataAction metadata:
                writer.WriteStartObject("metaData");
                writer.WriteString("id", metadata.Id);
                WriteOptional(writer, "name", metadata.Name);
                WriteOptional(writer, "description", metadata.Description);
                writer.WriteStartObject("format");
                writer.WriteString("provider", metadata.Provider);
                writer.WriteStartObject("options");
                writer.WriteEndObject();
                writer.WriteEndObject();
                writer.WriteString("schemaString", metadata.SchemaString);
                writer.WriteStartArray("partitionColumns");
                foreach (var column in metadata.PartitionColumns)
                {
                    writer.WriteStringValue(column);
                }

                writer.WriteEndArray();
                WriteMap(writer, "configuration", metadata.Configuration!);
                WriteOptional(writer, "createdTime", metadata.CreatedTimeMillis);
                break;
            case AddAction add:
                writer.WriteStartObject("add");
                writer.WriteString("path", add.Path);
                WriteMap(writer, "partitionValues", add.PartitionValues);
                writer.WriteNumber("size", add.Size);
                writer.WriteNumber("modificationTime", add.ModificationTimeMillis);
                writer.WriteBoolean("dataChange", add.DataChange);
                WriteOptional(writer, "stats", add.Stats);
                break;
            case RemoveAction remove:
                writer.WriteStartObject("remove");
                writer.WriteString("path", remove.Path);
                WriteOptional(writer, "deletionTimestamp", remove.DeletionTimestampMillis);
                writer.WriteBoolean("dataChange", remove.DataChange);
                if (remove is { PartitionValues: { } values, Size: { } size })
                {
                    writer.WriteBoolean("extendedFileMetadata", true);
                    WriteMap(writer, "partitionValues", values);
                    writer.WriteNumber("size", size);
                }

                break;
            case TxnAction txn:
                writer.WriteStartObject("txn");
                writer.WriteString("appId", txn.AppId);
                writer.WriteNumber("version", txn.Version);
                WriteOptional(writer, "lastUpdated", txn.LastUpdatedMillis);
                break;
            case CommitInfoAction info:
                writer.WriteStartObject("commitInfo");
                writer.WriteNumber("timestamp", info.TimestampMillis);
                writer.WriteString("operation", info.Operation);
                writer.WriteStartObject("operationParameters");
                writer.WriteEndObject();
                WriteOptional(writer, "readVersion", info.ReadVersion);
                writer.WriteBoolean("isBlindAppend", info.IsBlindAppend ?? false);
                writer.WriteString("engineInfo", "CloudNativeAi");
                WriteOptional(writer, "txnId", info.Token);
                break;
            default:
                throw new ArgumentException($"An action of the kind {action.GetType().Name} is not written.", nameof(action));
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter writer, string name, ImmutableSortedDictionary<string, string?> map)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in map)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private static JsonElement? Present(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    private static string? OptionalString(JsonElement body, string name) =>
        Present(body, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static long? OptionalInt64(JsonElement body, string name) => Present(body, name)?.GetInt64();

    private static bool? OptionalBoolean(JsonElement body, string name) => Present(body, name)?.GetBoolean();

    private static ImmutableArray<string> Strings(JsonElement body, string name) =>
        Present(body, name) is { } array ? [.. array.EnumerateArray().Select(item => item.GetString()!)] : [];

    private static ImmutableSortedDictionary<string, string?> Map(JsonElement body, string name) =>
        Present(body, name) is { } map
            ? map.EnumerateObject().ToImmutableSortedDictionary(pair => pair.Name, pair => pair.Value.GetString(), StringComparer.Ordinal)
            : ImmutableSortedDictionary<string, string?>.Empty;
}
