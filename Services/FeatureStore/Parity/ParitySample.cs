using CloudNativeAi.Contracts.Common;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Parity;

/// <summary>What one entity was served of one view, with all that is needed to compute it again.</summary>
/// <param name="Position">The last of the entity's events that the values contain.</param>
/// <param name="Served">Index of the feature in the view, and its value.</param>
internal sealed record ParitySample(
    FeatureView View, SourceSchema Schema, IReadOnlyList<Value> Key, long AsOfMicros, long Position, IReadOnlyList<(int Feature, FeatureValue Value)> Served);

/// <param name="Online">What was served, and <paramref name="Offline"/> what the point-in-time join gives: status and value.</param>
internal sealed record ParityDifference(string Feature, string Online, string Offline);
