using System.Globalization;
using StackExchange.Redis;

namespace CloudNativeAi.FeatureStore.OnlineStore;

/// <summary>Keys that say what the server holds.</summary>
internal static class OnlineKeys
{
    /// <summary>Holds the store id; missing after the server lost its data.</summary>
    public static readonly RedisKey Store = "cnai:store";

    /// <summary>
    /// Position up to which a build is applied; written after the values. Lower than expected after the server came back with older data.
    /// </summary>
    public static RedisKey Applied(long generation) => $"cnai:applied:{generation.ToString(CultureInfo.InvariantCulture)}";
}
