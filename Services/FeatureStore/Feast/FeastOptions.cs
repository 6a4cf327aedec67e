using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>How long Feast's clients are kept waiting for what they asked for.</summary>
public sealed class FeastOptions
{
    public const string Section = "Feast";

    /// <summary>Longest time that a push waits to be readable online; then it is answered as accepted: it is durable already.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan PushWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time that a materialization waits for the online store.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan MaterializeWait { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Rows in one push at most; Ingestion takes 50,000 events at a time.</summary>
    [Range(1, 50_000)]
    public int MaxPushRows { get; set; } = 50_000;
}

[OptionsValidator]
internal sealed partial class FeastOptionsValidator : IValidateOptions<FeastOptions>;
