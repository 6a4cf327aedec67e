using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>How events get from the log to the two stores.</summary>
public sealed class MaterializationOptions
{
    public const string Section = "Materialization";

    /// <summary>Events applied to the online store at a time, at most.</summary>
    [Range(1, 50_000)]
    public int BatchSize { get; set; } = 10_000;

    /// <summary>Events committed to the offline store at a time: when so many wait, they are written.</summary>
    [Range(1, 500_000)]
    public int OfflineBatchSize { get; set; } = 40_000;

    /// <summary>
    /// Longest time that events wait for their commit to the offline store, unless somebody waits for them. Each commit makes a file:
    /// shorter means more small files. The online store does not wait for it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan OfflineCommitInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A view that is this many events behind or fewer catches up between two batches; further behind, beside them.</summary>
    [Range(0, 1_000_000)]
    public int InlineCatchUp { get; set; } = 20_000;

    /// <summary>Time between two looks at Ingestion's list of sources, and between two tries for the leadership.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromSeconds(2);
}

[OptionsValidator]
internal sealed partial class MaterializationOptionsValidator : IValidateOptions<MaterializationOptions>;
