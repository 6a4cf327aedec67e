using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Evaluation;

/// <summary>Windows of the series, and how the evaluation runs.</summary>
public sealed class EvaluationOptions
{
    public const string Section = "Evaluation";

    /// <summary>Time between two looks for new predictions and labels.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Width of the tumbling windows over the prediction timestamp, counted from the Unix epoch.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "31.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromDays(1);

    /// <summary>A window closes when a prediction this far past its end was seen. Later ones still count.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "31.00:00:00")]
    public TimeSpan AllowedLateness { get; set; } = TimeSpan.FromHours(1);

    /// <summary>A window is not closed while predictions of it came within this time.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan QuietPeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A past window also closes when the model made no prediction for this long.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "31.00:00:00")]
    public TimeSpan IdleClose { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Predictions, or labels, counted in one transaction; more than this only where one call brought more.</summary>
    [Range(100, 1_000_000)]
    public int RowsPerRound { get; set; } = 20_000;
}

[OptionsValidator]
internal sealed partial class EvaluationOptionsValidator : IValidateOptions<EvaluationOptions>;
