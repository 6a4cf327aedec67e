using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Retraining;

/// <summary>How retrain requests reach Training. Whether there are any is up to each model's retrain policy.</summary>
public sealed class RetrainingOptions
{
    public const string Section = "Retraining";

    /// <summary>Time between two looks for pending requests.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class RetrainingOptionsValidator : IValidateOptions<RetrainingOptions>;
