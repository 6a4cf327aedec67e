using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>How answered predictions wait for Monitoring.</summary>
public sealed class PredictionLogOptions
{
    public const string Section = "PredictionLog";

    /// <summary>Size of the spool, bytes. When it is full, predictions are answered without being logged, counted and warned of.</summary>
    [Range(1_048_576, long.MaxValue)]
    public long MaxSpoolBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Size of one file of the spool, bytes.</summary>
    [Range(4_096, 1_073_741_824)]
    public int SegmentBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Predictions in one call to Monitoring.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 1_000;

    /// <summary>Flush to the disk with each group of predictions. Without it the spool survives the death of the process, not of the machine.</summary>
    public bool FlushToDisk { get; set; }
}

[OptionsValidator]
internal sealed partial class PredictionLogOptionsValidator : IValidateOptions<PredictionLogOptions>;
