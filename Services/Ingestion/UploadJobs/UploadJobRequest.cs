using System.Globalization;
using System.Text;
using CloudNativeAi.Ingestion.Uploads;
using Microsoft.Extensions.Primitives;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>The headers of tus 1.0 (tus.io) that a job is made and moved on with.</summary>
internal static class UploadJobRequest
{
    public const string Offset = "Upload-Offset";
    public const string Length = "Upload-Length";
    public const string ContentType = "application/offset+octet-stream";
    public const string Version = "1.0.0";

    /// <summary>What the keys of watched files begin with.</summary>
    public const string FileKey = "file:";

    private const string IdempotencyKey = "Idempotency-Key";
    private const string Metadata = "Upload-Metadata";
    private const int MaxKeyLength = 200;

    /// <summary>Null: what the request says is not understood, and <paramref name="fault"/> says why.</summary>
    /// <param name="format">Null: the metadata's file type says it.</param>
    public static UploadDefinition? ReadDefinition(
        HttpRequest request, string? format, string? delimiter, string? nullText, string? header, long maxBytes, out string fault)
    {
        if (UploadQuery.Parse("dead-letter", delimiter, nullText, header, out fault) is not { } query)
        {
            return null;
        }

        UploadFormat? wanted = (format ?? FileType(request.Headers[Metadata])) switch
        {
            "ndjson" or "application/x-ndjson" or "application/ndjson" or "application/jsonl" => UploadFormat.Ndjson,
            "csv" or "text/csv" => UploadFormat.Csv,
            _ => null,
        };
        var length = ReadNumber(request.Headers[Length]);
        var key = request.Headers[IdempotencyKey].ToString();
        fault = (wanted, length) switch
        {
            (null, _) => "format is 'ndjson' or 'csv'; Parquet and JSON go to /events in one request.",
            (_, < 0) => $"{Length} is not a number of bytes.",
            var (_, bytes) when bytes > maxBytes => $"an upload has at most {maxBytes} bytes.",
            _ when key.Length > MaxKeyLength || key.StartsWith(FileKey, StringComparison.Ordinal) =>
                $"{IdempotencyKey} is at most {MaxKeyLength} characters long and does not begin with '{FileKey}'.",
            _ => "",
        };
        return fault.Length > 0 ? null : new UploadDefinition(key.Length > 0 ? key : Guid.NewGuid().ToString(), wanted!.Value, query, length);
    }

    /// <summary>Null: the header is absent; -1: it is not a number of bytes.</summary>
    public static long? ReadNumber(StringValues header)
    {
        if (StringValues.IsNullOrEmpty(header))
        {
            return null;
        }

        return long.TryParse(header.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }

    // "filename d29ybGQ=,filetype dGV4dC9jc3Y="
    private static string? FileType(StringValues metadata)
    {
        const string Name = "filetype ";
        var item = metadata.ToString().Split(',').Select(pair => pair.Trim()).FirstOrDefault(pair => pair.StartsWith(Name, StringComparison.Ordinal));
        var decoded = new byte[Name.Length + (item?.Length ?? 0)];
        return item is not null && Convert.TryFromBase64String(item[Name.Length..], decoded, out var length) ? Encoding.UTF8.GetString(decoded, 0, length) : null;
    }
}
