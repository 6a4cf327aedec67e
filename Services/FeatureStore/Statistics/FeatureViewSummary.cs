using System.Text.Json.Serialization;

namespace CloudNativeAi.FeatureStore.Statistics;

/// <summary>What the features of a view look like over its entities at one instant. Instants are microseconds since 1970.</summary>
internal sealed record FeatureViewSummary(
    string FeatureView, long AsOfMicros, long SourcePosition, long Entities, long EntitiesSampled, long NewestEventTimestampMicros,
    IReadOnlyList<FeatureSummary> Features);

/// <param name="NullShare">0 to 1: null, not found or older than the time to live.</param>
/// <param name="Numbers">Null for other types, and where there is no finite value.</param>
internal sealed record FeatureSummary(
    string Name, [property: JsonConverter(typeof(JsonStringEnumConverter<ValueType>))] ValueType Type, long Values, long Missing, double NullShare, long DistinctValues, long NewestEventTimestampMicros, double FreshnessSeconds,
    NumberSummary? Numbers, IReadOnlyList<ValueSummary> TopValues);

/// <param name="BinEdges">Bin i is [edge i, edge i + 1), the last one closed.</param>
internal sealed record NumberSummary(
    double Minimum, double Maximum, double Mean, double StandardDeviation, IReadOnlyList<QuantileSummary> Quantiles,
    IReadOnlyList<double> BinEdges, IReadOnlyList<long> BinCounts);

internal readonly record struct QuantileSummary(double Share, double Value);

/// <param name="Value">A string, long, finite double or bool.</param>
internal sealed record ValueSummary(object Value, long Count);
