using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.OfflineStore;

/// <summary>How the offline store writes and how much of the machine DuckDB may take.</summary>
internal sealed class OfflineStoreOptions
{
    public const string Section = "OfflineStore";

    /// <summary>Threads of DuckDB, for all queries together. 0 means the number of processors, at most 4.</summary>
    [Range(0, 64)]
    public int Threads { get; set; }

    /// <summary>Memory of DuckDB's buffers, MiB; about half of what the container has. What exceeds it is spilled to the data directory.</summary>
    [Range(128, 1_048_576)]
    public int MemoryLimitMebibytes { get; set; } = 1_024;

    /// <summary>Commits between two checkpoints of a table's log.</summary>
    [Range(2, 10_000)]
    public int CheckpointInterval { get; set; } = 100;

    /// <summary>
    /// How long a removed data file stays, since readers of older versions still use it, and how long one that was never committed does,
    /// since its writer may still be at it. Longer than any read or write takes.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan DeletedFileRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long the log of versions covered by a checkpoint stays. Time travel goes back this far.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Size that compaction aims at, MiB. Files above half of it are left alone.</summary>
    [Range(1, 4_096)]
    public int TargetFileMebibytes { get; set; } = 64;

    /// <summary>Files that compaction puts together at least: fewer are not worth a commit.</summary>
    [Range(2, 10_000)]
    public int CompactionMinFiles { get; set; } = 8;

    /// <summary>Files that compaction puts together at most: some milliseconds each.</summary>
    [Range(2, 10_000)]
    public int CompactionMaxFiles { get; set; } = 300;

    /// <summary>Time between two rounds of compaction, vacuum and cleaning up of the log.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan UpkeepInterval { get; set; } = TimeSpan.FromMinutes(5);

    public long TargetFileBytes => TargetFileMebibytes * 1024L * 1024;

    public int EffectiveThreads => Threads > 0 ? Threads : Math.Clamp(Environment.ProcessorCount, 1, 4);
}

[OptionsValidator]
internal sealed partial class OfflineStoreOptionsValidator : IValidateOptions<OfflineStoreOptions>;
