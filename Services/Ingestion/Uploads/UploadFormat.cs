using CloudNativeAi.Ingestion.Events;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>The numbers are in the store.</summary>
internal enum UploadFormat
{
    Json = 0,
    Ndjson = 1,
    Csv = 2,
    Parquet = 3,
    CloudEvent = 4,
    CloudEventBatch = 5,
    CloudEventBinary = 6,
}

internal static class UploadFormats
{
    public const string Supported =
        "application/json, application/x-ndjson, text/csv, application/vnd.apache.parquet, application/cloudevents+json, application/cloudevents-batch+json, or CloudEvents headers (ce-id, ce-source, ...) with application/json";

    /// <summary>Bytes of a body at most, after decompression: NDJSON and CSV are read as they come, Parquet from disk, and JSON is for what a program holds in memory anyway.</summary>
    public static long MaxBodyBytes(this UploadFormat format, IngestionOptions options) => format switch
    {
        UploadFormat.Ndjson or UploadFormat.Csv => options.MaxStreamedBodyBytes,
        UploadFormat.Parquet => options.MaxParquetBodyBytes,
        _ => options.MaxJsonBodyBytes,
    };

    public static UploadFormat? Of(HttpRequest request)
    {
        var mediaType = (request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
        var isBinaryCloudEvent = request.Headers.ContainsKey("ce-specversion");
        return mediaType switch
        {
            "application/cloudevents+json" => UploadFormat.CloudEvent,
            "application/cloudevents-batch+json" => UploadFormat.CloudEventBatch,
            _ when isBinaryCloudEvent => mediaType == "application/json" || mediaType.EndsWith("+json", StringComparison.Ordinal) ? UploadFormat.CloudEventBinary : null,
            "application/json" => UploadFormat.Json,
            "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines" => UploadFormat.Ndjson,
            "text/csv" => UploadFormat.Csv,
            "application/vnd.apache.parquet" or "application/x-parquet" or "application/parquet" => UploadFormat.Parquet,
            _ => null,
        };
    }
}
