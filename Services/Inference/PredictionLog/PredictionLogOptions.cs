using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>How answered predictions reach Monitoring.</summary>
public sealed class PredictionLogOptions
{
    public const string Section = "PredictionLog";

    /// <summary>Largest size of what waits for Monitoring, bytes.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxSpoolBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>
    /// When the spool is full or cannot be written: <c>answer</c> the prediction without logging it (counted, warned about
    /// once a minute), or <c>refuse</c> it with UNAVAILABLE.
    /// </summary>
    [AllowedValues("answer", "refuse")]
    public string WhenFull { get; set; } = "answer";

    /// <summary>Size at which a new segment file is begun, bytes.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public int SegmentBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Shipped segments kept to recognize a prediction id that is sent again, also after a restart, bytes.</summary>
    [Range(0, long.MaxValue)]
    public long RecentBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Prediction ids that are recognized.</summary>
    [Range(0, 10_000_000)]
    public int RecentPredictions { get; set; } = 20_000;

    /// <summary>Wait for the disk itself, so that an answer outlives a power cut and not only the process. Costs a disk write's time per group.</summary>
    public bool FlushToDisk { get; set; }

    /// <summary>Predictions of one call to Monitoring; its own limit is 10,000.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 1_000;

    /// <summary>Time between two calls to Monitoring while there is something to ship.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan ShipInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest time between two attempts while Monitoring is down.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(10);
}

[OptionsValidator]
internal sealed partial class PredictionLogOptionsValidator : IValidateOptions<PredictionLogOptions>;
