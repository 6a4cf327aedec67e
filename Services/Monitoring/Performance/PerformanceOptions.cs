using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Performance;

/// <summary>How quality is measured as labels arrive.</summary>
public sealed class PerformanceOptions
{
    public const string Section = "Performance";

    /// <summary>Newest labelled predictions, by prediction timestamp, of the live figure.</summary>
    [Range(10, 1_000_000)]
    public int LiveSample { get; set; } = 5_000;

    /// <summary>Labelled predictions of a window that are read at most; beyond it a sample fixed by the prediction id is taken.</summary>
    [Range(1_000, 10_000_000)]
    public int MaximumWindowSample { get; set; } = 100_000;

    /// <summary>Labelled predictions a window needs before it can raise an alert.</summary>
    [Range(10, 1_000_000)]
    public int MinimumSample { get; set; } = 200;

    /// <summary>Share of a window's predictions that must be labelled before it can raise an alert: the first labels are seldom typical.</summary>
    [Range(0.0, 1.0)]
    public double MinimumLabelledShare { get; set; } = 0.5;

    /// <summary>
    /// An alert is raised when the whole 95 % interval of a window's AUC lies below this; 0 switches it off.
    /// A model's retrain policy may set its own.
    /// </summary>
    [Range(0.0, 1.0)]
    public double MinimumAuc { get; set; }
}

[OptionsValidator]
internal sealed partial class PerformanceOptionsValidator : IValidateOptions<PerformanceOptions>;
