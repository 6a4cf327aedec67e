using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Statistics;

/// <summary>How much is looked at for statistics.</summary>
public sealed class StatisticsOptions
{
    public const string Section = "Statistics";

    /// <summary>Entities whose values are looked at; of more, those with the smallest hash of their key: always the same ones.</summary>
    [Range(1, 10_000_000)]
    public int MaxEntities { get; set; } = 100_000;
}

[OptionsValidator]
internal sealed partial class StatisticsOptionsValidator : IValidateOptions<StatisticsOptions>;
