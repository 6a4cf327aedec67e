using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Pulls;

/// <summary>What is fetched rather than sent. It is configuration, not API: it holds paths and credentials of this machine.</summary>
public sealed class PullOptions
{
    public const string Section = "Pulls";

    /// <summary>Time between two looks.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Directories that are watched for files.</summary>
    [ValidateEnumeratedItems]
    public List<DirectoryPullOptions> Directories { get; set; } = [];

    /// <summary>Tables of other PostgreSQL databases.</summary>
    [ValidateEnumeratedItems]
    public List<TablePullOptions> Tables { get; set; } = [];
}

/// <summary>
/// A directory whose files are read once each: <c>.csv</c>, <c>.ndjson</c>, <c>.jsonl</c> (each also <c>.gz</c> or <c>.zst</c>) and <c>.parquet</c>.
/// Writers put a file there by renaming it, or with a manifest; names that begin with a dot and other endings are left alone.
/// </summary>
public sealed class DirectoryPullOptions
{
    [Required]
    public string Source { get; set; } = "";

    /// <summary>Files that were read are moved to <c>done/</c> in it, bad ones to <c>quarantine/</c> with their reason.</summary>
    [Required]
    public string Path { get; set; } = "";

    /// <summary>Wait for <c>NAME.sha256</c>, as sha256sum writes it, before reading NAME. Where it exists it is checked in any case.</summary>
    public bool RequireManifest { get; set; }

    /// <summary>Of CSV files, as of uploads; null: found in the header.</summary>
    [MaxLength(3)]
    public string? Delimiter { get; set; }

    /// <summary>Unquoted CSV cells with this text are null.</summary>
    [MaxLength(32)]
    public string? Null { get; set; }

    /// <summary>Of CSV files: present or absent; null: detected.</summary>
    [RegularExpression("present|absent")]
    public string? Header { get; set; }
}

/// <summary>A query on another PostgreSQL database whose rows are read once each, in the order of a watermark.</summary>
public sealed class TablePullOptions
{
    [Required]
    public string Source { get; set; } = "";

    /// <summary>Name of the connection string.</summary>
    [Required]
    public string ConnectionName { get; set; } = "";

    /// <summary>A SELECT; its columns that are fields of the source become the event. Needs an index on (watermark, key) to be fast.</summary>
    [Required]
    public string Query { get; set; } = "";

    /// <summary>Column that never decreases: rows with a null in it are not read, and a row is read again when it grows, which is a duplicate where the event id stays.</summary>
    [Required]
    public string WatermarkColumn { get; set; } = "";

    /// <summary>Column that tells rows of one watermark apart. It is the event id where the source has no event id field.</summary>
    [Required]
    public string KeyColumn { get; set; } = "";

    /// <summary>
    /// Rows younger than this, by the other database's clock, wait where the watermark is a timestamp: a transaction that takes longer to
    /// commit after it set its watermark is overlooked.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Rows read and written at a time.</summary>
    [Range(1, 50_000)]
    public int BatchRows { get; set; } = 5_000;
}

[OptionsValidator]
internal sealed partial class PullOptionsValidator : IValidateOptions<PullOptions>;
