using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.PredictionLog;

/// <summary>How long predictions are kept and how far clocks may differ.</summary>
public sealed class PredictionLogOptions
{
    public const string Section = "PredictionLog";

    /// <summary>
    /// Age of the created timestamp after which a prediction (and its label) is dropped, by whole UTC days.
    /// Series, counters and alerts stay.
    /// </summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How far ahead of this service's clock a timestamp may be.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Time between two runs of the retention.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(10);
}

[OptionsValidator]
internal sealed partial class PredictionLogOptionsValidator : IValidateOptions<PredictionLogOptions>;
