using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Drift;

/// <summary>When a distribution counts as drifted from the version's baseline.</summary>
public sealed class DriftOptions
{
    public const string Section = "Drift";

    /// <summary>Population stability index from which the level is "watch".</summary>
    [Range(0.0, 10.0)]
    public double WatchThreshold { get; set; } = 0.1;

    /// <summary>Population stability index from which the level is "drift".</summary>
    [Range(0.0, 10.0)]
    public double DriftThreshold { get; set; } = 0.2;

    /// <summary>
    /// Raise both thresholds where the sample is so small that the index passes them by chance: to the value that only
    /// 1 % of windows without drift would pass in any of their scores (somewhat more below 100 predictions, where it is a rough guide).
    /// </summary>
    public bool RaiseForSmallSamples { get; set; } = true;

    /// <summary>Predictions a window needs before it can raise an alert.</summary>
    [Range(1, 1_000_000)]
    public int MinimumSample { get; set; } = 100;

    /// <summary>Newest predictions of the live figure.</summary>
    [Range(10, 100_000)]
    public int LiveSample { get; set; } = 1_000;
}

[OptionsValidator]
internal sealed partial class DriftOptionsValidator : IValidateOptions<DriftOptions>;
