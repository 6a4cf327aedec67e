namespace CloudNativeAi.Ingestion.Uploads;

internal enum UploadFormat
{
    Json,
    Ndjson,
    Csv,
    CloudEvent,
    CloudEventBatch,
    CloudEventBinary,
}

internal static class UploadFormats
{
    public const string Supported =
        "application/json, application/x-ndjson, text/csv, application/cloudevents+json, application/cloudevents-batch+json, or CloudEvents headers (ce-id, ce-source, ...) with application/json";

    /// <summary>NDJSON and CSV are read in batches and may be large; JSON is for what a program holds in memory anyway.</summary>
    public static bool IsStreamed(this UploadFormat format) => format is UploadFormat.Ndjson or UploadFormat.Csv;

    public static UploadFormat? Of(HttpRequest request)
    {
        var mediaType = (request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
        return mediaType switch
        {
            "application/json" => request.Headers.ContainsKey("ce-specversion") ? UploadFormat.CloudEventBinary : UploadFormat.Json,
            "application/x-ndjson" or "application/ndjson" or "application/jsonl" or "application/x-jsonlines" => UploadFormat.Ndjson,
            "text/csv" => UploadFormat.Csv,
            "application/cloudevents+json" => UploadFormat.CloudEvent,
            "application/cloudevents-batch+json" => UploadFormat.CloudEventBatch,
            _ => null,
        };
    }
}
