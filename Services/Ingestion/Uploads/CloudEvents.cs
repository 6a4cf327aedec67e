using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.Sources;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>
/// CloudEvents 1.0: `data` is the row. Where the source has no event id field, the event id is `{source}#{id}`, because CloudEvents ids are
/// unique within their source only; where it has no event timestamp field, `time` is the event timestamp.
/// </summary>
internal sealed class CloudEvents(Upload upload)
{
    private readonly SourceSchema _schema = upload.Schema;

    /// <summary>One event in the JSON format.</summary>
    public ValueTask AddStructuredAsync(ReadOnlyMemory<byte> element, CancellationToken cancellationToken)
    {
        var attributes = new Attributes();
        if (FindStructureFault(element.Span, ref attributes, out var data) is { } fault)
        {
            return AddInvalidAsync(fault, element, cancellationToken);
        }

        return AddAsync(attributes, data.Decoded ?? element.Slice(data.Start, data.Length), element, cancellationToken);
    }

    /// <summary>One event whose attributes are headers and whose data is the body.</summary>
    public ValueTask AddBinaryAsync(IHeaderDictionary headers, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        AddAsync(
            new Attributes
            {
                SpecVersion = Header(headers, "ce-specversion"),
                Id = Header(headers, "ce-id"),
                Source = Header(headers, "ce-source"),
                Type = Header(headers, "ce-type"),
                Time = Header(headers, "ce-time"),
            },
            body,
            body,
            cancellationToken);

    private ValueTask AddAsync(Attributes attributes, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> element, CancellationToken cancellationToken)
    {
        var micros = 0L;
        var fault = attributes switch
        {
            { SpecVersion: not "1.0" } => $"specversion must be \"1.0\", but is \"{attributes.SpecVersion}\"",
            { Id: null or "" } => "attribute 'id' is missing",
            { Source: null or "" } => "attribute 'source' is missing",
            { Type: null or "" } => "attribute 'type' is missing",
            { Time: { } time } when !Iso8601.TryParse(Encoding.UTF8.GetBytes(time), out micros) => "attribute 'time' is not an RFC 3339 timestamp",
            _ => null,
        };
        if (fault is not null)
        {
            return AddInvalidAsync(fault, element, cancellationToken);
        }

        var id = _schema.EventIdField < 0 ? Encoding.UTF8.GetBytes($"{attributes.Source}#{attributes.Id}") : [];
        return upload.AddAsync(data, default, 0, id, _schema.EventTimestampField < 0 ? micros : 0, cancellationToken);
    }

    private ValueTask AddInvalidAsync(string fault, ReadOnlyMemory<byte> element, CancellationToken cancellationToken) =>
        upload.AddInvalidAsync(new RowFault("", $"not a CloudEvent: {fault}"), element, default, 0, default, 0, cancellationToken);

    // What is not printable ASCII is percent-encoded in headers (CloudEvents HTTP binding 1.0, 3.1.3.2).
    private static string? Header(IHeaderDictionary headers, string name) =>
        headers[name].ToString() is { Length: > 0 } value ? Uri.UnescapeDataString(value.Trim('"')) : null;

    private static string? FindStructureFault(ReadOnlySpan<byte> element, ref Attributes attributes, out Data data)
    {
        data = default;
        var reader = new Utf8JsonReader(element);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return "it is not a JSON object";
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                switch (name)
                {
                    case "data":
                        var start = (int)reader.TokenStartIndex;
                        reader.Skip();
                        data = new Data(start, (int)reader.BytesConsumed - start, null);
                        break;
                    case "data_base64" when reader.TokenType == JsonTokenType.String:
                        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(reader.ValueSpan.Length)];
                        if (Base64.DecodeFromUtf8(reader.ValueSpan, decoded, out _, out var length) != System.Buffers.OperationStatus.Done)
                        {
                            return "data_base64 is not base64";
                        }

                        data = new Data(0, 0, decoded.AsMemory(0, length));
                        break;
                    default:
                        attributes.Set(name, reader.TokenType == JsonTokenType.String ? reader.GetString() : null);
                        reader.Skip();
                        break;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return "its text is malformed";
        }

        return data.Length == 0 && data.Decoded is null ? "it has no data" : null;
    }

    private readonly record struct Data(int Start, int Length, ReadOnlyMemory<byte>? Decoded);

    private record struct Attributes
    {
        public string? SpecVersion { get; set; }

        public string? Id { get; set; }

        public string? Source { get; set; }

        public string? Type { get; set; }

        public string? Time { get; set; }

        public void Set(string name, string? value)
        {
            switch (name)
            {
                case "specversion":
                    SpecVersion = value;
                    break;
                case "id":
                    Id = value;
                    break;
                case "source":
                    Source = value;
                    break;
                case "type":
                    Type = value;
                    break;
                case "time":
                    Time = value;
                    break;
            }
        }
    }
}
