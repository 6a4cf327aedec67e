using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.TrainingSets;

/// <summary>How much of the machine point-in-time joins may take.</summary>
internal sealed class TrainingSetOptions
{
    public const string Section = "TrainingSets";

    /// <summary>Views joined at the same time. 0 means the number of processors, at most 4.</summary>
    [Range(0, 64)]
    public int Parallelism { get; set; }

    /// <summary>Memory of DuckDB's buffers for joins, MiB. What exceeds it is spilled to the data directory.</summary>
    [Range(128, 1_048_576)]
    public int MemoryLimitMebibytes { get; set; } = 1_024;

    /// <summary>Training sets being made or waiting; more are refused.</summary>
    [Range(1, 1_000)]
    public int MaxQueued { get; set; } = 8;

    public int EffectiveParallelism => Parallelism > 0 ? Parallelism : Math.Clamp(Environment.ProcessorCount, 1, 4);
}

[OptionsValidator]
internal sealed partial class TrainingSetOptionsValidator : IValidateOptions<TrainingSetOptions>;
