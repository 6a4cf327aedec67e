using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Reads a body of any format into an upload.</summary>
internal sealed class UploadReader(
    SourceCatalog catalog,
    EventLogWriter writer,
    SourceStore sources,
    ParquetSlots parquetSlots,
    IngestionMetrics metrics,
    IOptions<IngestionOptions> options,
    TimeProvider timeProvider)
{
    /// <summary>Null: there is no such source.</summary>
    public async Task<Upload?> StartAsync(string source, OnInvalid onInvalid, CancellationToken cancellationToken) =>
        await catalog.RefreshAsync(source, cancellationToken) is { } schema
            ? Resume(schema, onInvalid, UploadProgress.Start, save: null)
            : null;

    /// <summary>Goes on with an upload of which a part is written.</summary>
    /// <param name="save">Null: the upload cannot be resumed once more.</param>
    public Upload Resume(SourceSchema schema, OnInvalid onInvalid, UploadProgress start, SaveProgress? save) =>
        new(schema, onInvalid, writer, sources, metrics, options.Value, timeProvider, start, save);

    public async Task<MalformedBody?> ReadAsync(
        UploadFormat format, Stream body, Upload upload, UploadQuery query, IHeaderDictionary headers, CancellationToken cancellationToken)
    {
        var maxEventBytes = options.Value.MaxEventBytes;
        var cloudEvents = new CloudEvents(upload);
        return format switch
        {
            UploadFormat.Ndjson or UploadFormat.Csv => await ReadRecordsAsync(format, body, upload, query, endsUpload: () => true, cancellationToken),
            UploadFormat.Parquet => await ReadParquetAsync(body, upload, cancellationToken),
            UploadFormat.CloudEvent or UploadFormat.CloudEventBatch =>
                await new JsonBody(maxEventBytes).ReadAsync(body, element => cloudEvents.AddStructuredAsync(element, cancellationToken), cancellationToken),
            UploadFormat.CloudEventBinary =>
                await new JsonBody(maxEventBytes).ReadAsync(body, element => cloudEvents.AddBinaryAsync(headers, element, cancellationToken), cancellationToken),
            _ => await new JsonBody(maxEventBytes).ReadAsync(body, element => upload.AddAsync(element, default, 0, default, 0, cancellationToken), cancellationToken),
        };
    }

    /// <summary>NDJSON or CSV, from the upload's place on.</summary>
    public Task<MalformedBody?> ReadRecordsAsync(
        UploadFormat format, Stream body, Upload upload, UploadQuery query, Func<bool> endsUpload, CancellationToken cancellationToken) =>
        format == UploadFormat.Ndjson
            ? NdjsonBody.ReadAsync(body, upload, options.Value.MaxEventBytes, endsUpload, cancellationToken)
            : CsvBody.ReadAsync(body, upload, options.Value.MaxEventBytes, query, endsUpload, cancellationToken);

    /// <summary>A Parquet file, from the upload's place on.</summary>
    public async Task<MalformedBody?> ReadParquetAsync(string path, Upload upload, CancellationToken cancellationToken)
    {
        using var slot = parquetSlots.TryTake() ?? throw new TooMuchInFlightException();
        return await ParquetBody.ReadAsync(path, upload, upload.Place.Offset, options.Value.ParquetMemoryBytes, cancellationToken);
    }

    private async Task<MalformedBody?> ReadParquetAsync(Stream body, Upload upload, CancellationToken cancellationToken)
    {
        using var slot = parquetSlots.TryTake() ?? throw new TooMuchInFlightException();
        using var file = await SpoolFile.WriteAsync(body, options.Value.SpoolDirectory, cancellationToken);
        return await ParquetBody.ReadAsync(file.Path, upload, firstRow: 0, options.Value.ParquetMemoryBytes, cancellationToken);
    }
}
