using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Web.Live;

/// <summary>How often the one sampler asks the services, and how much of it is kept.</summary>
public sealed class SamplingOptions
{
    public const string Section = "Sampling";

    /// <summary>Time between two status calls to a service.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time between two reads of what changes seldom: the drift and quality series, and the resources of the AppHost.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan SeriesInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A rate is the difference of totals over this time.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan RateWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Points kept for the live charts, one per interval.</summary>
    [Range(10, 3_600)]
    public int HistoryPoints { get; set; } = 300;
}

[OptionsValidator]
internal sealed partial class SamplingOptionsValidator : IValidateOptions<SamplingOptions>;
