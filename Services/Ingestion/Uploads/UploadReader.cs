using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Reads a body of any format into an upload.</summary>
internal sealed class UploadReader(
    SourceCatalog catalog, EventLogWriter writer, SourceStore sources, IngestionMetrics metrics, IOptions<IngestionOptions> options, TimeProvider timeProvider)
{
    /// <summary>Null: there is no such source.</summary>
    public async Task<Upload?> StartAsync(string source, OnInvalid onInvalid, CancellationToken cancellationToken) =>
        await catalog.RefreshAsync(source, cancellationToken) is { } schema
            ? new Upload(schema, onInvalid, writer, sources, metrics, options.Value, timeProvider)
            : null;

    public async Task<MalformedBody?> ReadAsync(
        UploadFormat format, Stream body, Upload upload, UploadQuery query, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        var maxEventBytes = options.Value.MaxEventBytes;
        var cloudEvents = new CloudEvents(upload);
        return format switch
        {
            UploadFormat.Ndjson => await NdjsonBody.ReadAsync(body, upload, maxEventBytes, cancellationToken),
            UploadFormat.Csv => await CsvBody.ReadAsync(body, upload, maxEventBytes, query.Delimiter, query.NullText, cancellationToken),
            UploadFormat.CloudEvent or UploadFormat.CloudEventBatch =>
                await new JsonBody(maxEventBytes).ReadAsync(body, element => cloudEvents.AddStructuredAsync(element, cancellationToken), cancellationToken),
            UploadFormat.CloudEventBinary =>
                await new JsonBody(maxEventBytes).ReadAsync(body, element => cloudEvents.AddBinaryAsync(headers, element, cancellationToken), cancellationToken),
            _ => await new JsonBody(maxEventBytes).ReadAsync(body, element => upload.AddAsync(element, default, 0, default, 0, cancellationToken), cancellationToken),
        };
    }
}
