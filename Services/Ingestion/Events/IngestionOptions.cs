using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Events;

/// <summary>How much is taken in at a time.</summary>
public sealed class IngestionOptions
{
    public const string Section = "Ingestion";

    /// <summary>Largest body of a JSON or CloudEvents upload, bytes after decompression.</summary>
    [Range(1_024, 1L << 30)]
    public long MaxJsonBodyBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Largest body of an NDJSON or CSV upload, bytes after decompression. They are read in batches; memory stays flat.</summary>
    [Range(1_024, 1L << 40)]
    public long MaxStreamedBodyBytes { get; set; } = 4L * 1024 * 1024 * 1024;

    /// <summary>
    /// Largest body of a Parquet upload, bytes. It is spooled to disk, since its directory is at its end: the disk of
    /// <see cref="SpoolDirectory"/> must hold <see cref="MaxParquetReaders"/> of them.
    /// </summary>
    [Range(1_024, 1L << 40)]
    public long MaxParquetBodyBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Parquet files that may be read at a time, each with its file on disk and its memory; one more is turned away.</summary>
    [Range(1, 64)]
    public int MaxParquetReaders { get; set; } = 2;

    /// <summary>Native memory for reading one Parquet file, bytes. A file whose pages need more is refused.</summary>
    [Range(16 * 1024 * 1024, 1L << 34)]
    public long ParquetMemoryBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Where bodies wait on disk while they are read. Nothing in it outlives its request.</summary>
    [Required]
    public string SpoolDirectory { get; set; } = Path.Combine(Path.GetTempPath(), "cloudnativeai-ingestion");

    /// <summary>Largest row, bytes.</summary>
    [Range(256, 16 * 1024 * 1024)]
    public int MaxEventBytes { get; set; } = 1024 * 1024;

    /// <summary>Events in one IngestEvents message at most.</summary>
    [Range(1, 1_000_000)]
    public int MaxBatchEvents { get; set; } = 50_000;

    /// <summary>Rows of an upload that are written at a time.</summary>
    [Range(1, 100_000)]
    public int UploadBatchRows { get; set; } = 5_000;

    /// <summary>Payload bytes of an upload that are written at a time, about.</summary>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public int UploadBatchBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Bytes of all requests that may be in work at a time; more are turned away with RESOURCE_EXHAUSTED or 429.</summary>
    [Range(1024 * 1024, 1L << 36)]
    public long MaxInFlightBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Batches and uploads that may be in work at a time, each with a database connection.</summary>
    [Range(1, 90)]
    public int MaxInFlightRequests { get; set; } = 48;

    /// <summary>When a client that was turned away should come back.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);
}

[OptionsValidator]
internal sealed partial class IngestionOptionsValidator : IValidateOptions<IngestionOptions>;
