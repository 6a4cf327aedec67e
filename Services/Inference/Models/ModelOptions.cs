using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Which model versions are held, and how requests for one are run.</summary>
public sealed class ModelOptions
{
    public const string Section = "Models";

    /// <summary>Versions without an alias that stay loaded, such as the last champion or one asked for by number; the least recently used goes first.</summary>
    [Range(1, 1_000)]
    public int MaxUnaliasedVersions { get; set; } = 4;

    /// <summary>
    /// Memory of all versions together, bytes, as <see cref="MemoryFactor"/> estimates it; the least recently used are unloaded
    /// before another one is loaded. 0: four fifths of what the machine or container gives this process.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MemoryBudgetBytes { get; set; }

    /// <summary>Memory that a version is taken to need, as a multiple of the size of its files. Beside it each session counts <see cref="SessionBytes"/>.</summary>
    [Range(0.1, 100)]
    public double MemoryFactor { get; set; } = 2;

    /// <summary>Memory of a session whose model is next to nothing, bytes.</summary>
    [Range(0, long.MaxValue)]
    public long SessionBytes { get; set; } = 1024 * 1024;

    /// <summary>Versions kept on disk beyond those that are loaded.</summary>
    [Range(0, 10_000)]
    public int MaxCachedVersions { get; set; } = 16;

    /// <summary>Size of all files of one version, bytes; a larger one is not downloaded.</summary>
    [Range(1, long.MaxValue)]
    public long MaxVersionBytes { get; set; } = 8L * 1024 * 1024 * 1024;

    /// <summary>Models the registry may announce; further ones are ignored with a warning.</summary>
    [Range(1, 100_000)]
    public int MaxModels { get; set; } = 1_000;

    /// <summary>Threads ONNX Runtime uses inside one run.</summary>
    [Range(1, 256)]
    public int IntraOpThreads { get; set; } = 1;

    /// <summary>Runs of one model at a time. 0: as many as cores divided by <see cref="IntraOpThreads"/>.</summary>
    [Range(0, 256)]
    public int Instances { get; set; }

    /// <summary>Rows (first dimension) of one run; a request with more is refused.</summary>
    [Range(1, 1_000_000)]
    public int MaxBatchSize { get; set; } = 4_096;

    /// <summary>Rows of one run that several requests share. More make each of them wait for the others' rows.</summary>
    [Range(1, 1_000_000)]
    public int MaxJoinedRows { get; set; } = 256;

    /// <summary>Requests waiting for one model; one more is refused with RESOURCE_EXHAUSTED.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueueSize { get; set; } = 2_048;

    /// <summary>Priorities a request may name, 1 the most urgent.</summary>
    [Range(1, 100)]
    public int PriorityLevels { get; set; } = 3;

    /// <summary>The priority of a request that names none, or one that is not there.</summary>
    [Range(1, 100)]
    public int DefaultPriority { get; set; } = 2;

    /// <summary>A waiting request goes before one of the next more urgent level when it has waited this much longer, so that none waits for ever.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan PriorityAgeing { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time to fetch and load one version.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>First wait before a version that could not be loaded is tried again; doubles up to a minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The budget that holds, bytes.</summary>
    internal long EffectiveMemoryBudgetBytes => MemoryBudgetBytes > 0 ? MemoryBudgetBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5 * 4;

    /// <summary>What a version with files of that size is taken to need, bytes.</summary>
    internal long MemoryOf(long fileBytes) => SessionBytes + (long)(fileBytes * MemoryFactor);
}

[OptionsValidator]
internal sealed partial class ModelOptionsValidator : IValidateOptions<ModelOptions>;
