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

    /// <summary>How long a removed data file stays: readers of older versions still use it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan DeletedFileRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long the log of versions covered by a checkpoint stays. Time travel goes back this far.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Size that compaction aims at, MiB. Files above half of it are left alone.</summary>
    [Range(1, 4_096)]
    public int TargetFileMebibytes { get; set; } = 64;

    public int EffectiveThreads => Threads > 0 ? Threads : Math.Clamp(Environment.ProcessorCount, 1, 4);
}

[OptionsValidator]
internal sealed partial class OfflineStoreOptionsValidator : IValidateOptions<OfflineStoreOptions>;
