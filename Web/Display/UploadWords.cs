using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Display;

/// <summary>Upload jobs in words.</summary>
public static class UploadWords
{
    private const string FileKey = "file:";

    public static bool IsOpen(UploadStatus upload) => upload.State == UploadJobState.Receiving;

    public static string State(UploadStatus upload) => upload.State.ToString().ToLowerInvariant();

    public static Level LevelOf(UploadStatus upload) => upload.State switch
    {
        UploadJobState.Completed => Level.Good,
        UploadJobState.Failed => Level.Bad,
        UploadJobState.Cancelled => Level.Warning,
        _ => Level.Unknown,
    };

    /// <summary>The name of the file where a watched directory brought it, else the client's key.</summary>
    public static string Name(UploadStatus upload) =>
        IsFile(upload) && upload.Key.LastIndexOf(':') is var end && end > FileKey.Length ? upload.Key[FileKey.Length..end] : upload.Key;

    public static bool IsFile(UploadStatus upload) => upload.Key.StartsWith(FileKey, StringComparison.Ordinal);

    /// <summary>0 to 1; null: the length is not known yet.</summary>
    public static double? Share(UploadStatus upload) => upload is { HasLength: true, Length: > 0 } ? (double)upload.Offset / upload.Length : null;

    /// <summary>Such as "12.0 MiB of 40.0 MiB"; a Parquet file counts rows.</summary>
    public static string Place(UploadStatus upload) => upload.Format == "parquet"
        ? $"{Format.Count(upload.Offset)} rows"
        : upload.HasLength ? $"{Format.Bytes(upload.Offset)} of {Format.Bytes(upload.Length)}" : Format.Bytes(upload.Offset);
}
