using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Parity;

/// <summary>How often what was served is compared with what training would see.</summary>
public sealed class ParityOptions
{
    public const string Section = "Parity";

    /// <summary>Time between two samples of this replica. Each costs a point-in-time join of one entity.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);
}

[OptionsValidator]
internal sealed partial class ParityOptionsValidator : IValidateOptions<ParityOptions>;
