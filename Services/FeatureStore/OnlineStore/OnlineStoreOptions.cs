using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>What the online store keeps.</summary>
public sealed class OnlineStoreOptions
{
    public const string Section = "OnlineStore";

    /// <summary>
    /// How far before a key's newest event <c>as_of</c> reads stay exact. Longer costs memory: tiles of that time are kept beyond the
    /// longest window. A read further back that needs what was trimmed answers INVALID.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan History { get; set; } = TimeSpan.FromHours(6);

    /// <summary>Keys read or written in one round trip.</summary>
    [Range(1, 10_000)]
    public int KeysPerRoundTrip { get; set; } = 1_000;

    /// <summary>Keys in one compare-and-set script. One on Redis Cluster, whatever is set here.</summary>
    [Range(1, 1_000)]
    public int KeysPerScript { get; set; } = 50;

    /// <summary>How often a write that met another writer is merged and tried again.</summary>
    [Range(1, 100)]
    public int WriteAttempts { get; set; } = 5;

    /// <summary>Keys whose values of the last read as of now are kept in memory, some hundred bytes each, until they change. 0 keeps none.</summary>
    [Range(0, 10_000_000)]
    public int EvaluatedKeys { get; set; } = 50_000;

    internal long HistoryMicros => (long)History.TotalMicroseconds;
}

[OptionsValidator]
internal sealed partial class OnlineStoreOptionsValidator : IValidateOptions<OnlineStoreOptions>;
