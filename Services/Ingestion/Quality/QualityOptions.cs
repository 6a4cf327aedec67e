using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Ingestion.Quality;

/// <summary>How often data quality is looked at.</summary>
public sealed class QualityOptions
{
    public const string Section = "Quality";

    /// <summary>Time between two rounds of summing events up and evaluating the rules. A broken rule fires at most this late.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class QualityOptionsValidator : IValidateOptions<QualityOptions>;
