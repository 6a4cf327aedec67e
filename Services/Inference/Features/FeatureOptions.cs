using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Features;

public sealed class FeatureOptions
{
    public const string Section = "Features";

    /// <summary>Longest wait for the feature store, retries included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class FeatureOptionsValidator : IValidateOptions<FeatureOptions>;
