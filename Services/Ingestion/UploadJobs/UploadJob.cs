using CloudNativeAi.Ingestion.Uploads;

namespace CloudNativeAi.Ingestion.UploadJobs;

/// <summary>The numbers are in the store.</summary>
internal enum UploadState
{
    Receiving = 0,
    Completed = 1,
    Cancelled = 2,
    Failed = 3,
}

/// <summary>What an upload job is made of; the same key must come with the same definition.</summary>
/// <param name="Key">The client's name for it, unique within the source.</param>
/// <param name="Length">Bytes after decompression; null: not known yet.</param>
internal sealed record UploadDefinition(string Key, UploadFormat Format, UploadQuery Query, long? Length);

/// <summary>An upload that goes on over several requests, or that reads a file.</summary>
internal sealed record UploadJob(
    Guid Id,
    int SourceId,
    UploadDefinition Definition,
    UploadProgress Progress,
    UploadState State,
    string Fault,
    long CreatedMicros,
    long UpdatedMicros)
{
    public bool IsOpen => State == UploadState.Receiving;

    public long Offset => Progress.Place.Offset;
}
