using CloudNativeAi.Ingestion.Uploads;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>A job as HTTP has it: received = accepted + duplicates + deadLettered, always.</summary>
/// <param name="Length">Bytes after decompression; null: not known yet.</param>
/// <param name="Offset">Bytes that are in the log, in whole records; of a Parquet file: rows.</param>
/// <param name="Fault">Why it failed; empty: it did not.</param>
internal sealed record UploadJobDocument(
    Guid Id,
    string Key,
    UploadFormat Format,
    UploadState State,
    string Fault,
    long? Length,
    long Offset,
    long Received,
    long Accepted,
    long Duplicates,
    long DeadLettered,
    long CreatedTimestampMicros,
    long UpdatedTimestampMicros)
{
    public static UploadJobDocument From(UploadJob job) => new(
        job.Id,
        job.Definition.Key,
        job.Definition.Format,
        job.State,
        job.Fault,
        job.Definition.Length,
        job.Offset,
        job.Progress.Received,
        job.Progress.Kept.Accepted,
        job.Progress.Kept.Duplicates,
        job.Progress.Kept.DeadLettered,
        job.CreatedMicros,
        job.UpdatedMicros);
}

/// <summary>Newest first.</summary>
/// <param name="NextPageToken">Null: this is the last page.</param>
internal sealed record UploadJobPage(IReadOnlyList<UploadJobDocument> Uploads, string? NextPageToken);
