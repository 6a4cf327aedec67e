using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Features;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>What the model saw: the numbers in the signature's order, and where each came from.</summary>
/// <param name="AsOfMicros">The instant of the features.</param>
internal sealed record FeatureVector(FeatureEncoder Encoder, double[] Encoded, ModelValue[] Values, FetchedFeatures? Online, IReadOnlyDictionary<string, int> OnlineIndexes, long AsOfMicros)
{
    /// <summary>Of the oldest present online feature, at the instant; 0 without any.</summary>
    public double MaxAgeSeconds()
    {
        var oldest = AsOfMicros;
        foreach (var index in OnlineIndexes.Values)
        {
            if (Online!.StatusOf(index) == FeatureStatus.Present && Online.EventTimestampOf(index) is var timestamp and > 0)
            {
                oldest = Math.Min(oldest, timestamp);
            }
        }

        return (AsOfMicros - oldest) / 1e6;
    }

    public IEnumerable<PredictedFeature> Describe()
    {
        var features = Encoder.Signature.Features;
        for (var i = 0; i < features.Count; i++)
        {
            var described = new PredictedFeature { Name = features[i].Name, Value = Values[i].ToValue(), Encoded = Encoded[i] };
            if (OnlineIndexes.TryGetValue(features[i].Name, out var index))
            {
                described.Status = Online!.StatusOf(index);
                described.EventTimestampMicros = Online.EventTimestampOf(index);
            }
            else
            {
                described.Status = Values[i].IsNull ? FeatureStatus.NullValue : FeatureStatus.Present;
            }

            yield return described;
        }
    }

    /// <summary>Online values that only an expression used.</summary>
    public IEnumerable<PredictedFeature> DescribeExpressionInputs()
    {
        var columns = Encoder.Signature.Features.Select(feature => feature.Name).ToHashSet(StringComparer.Ordinal);
        return OnlineIndexes.Where(online => !columns.Contains(online.Key)).Select(online => new PredictedFeature
        {
            Name = online.Key,
            Value = Online!.ValueOf(online.Value).ToValue(),
            Status = Online.StatusOf(online.Value),
            EventTimestampMicros = Online.EventTimestampOf(online.Value),
            Encoded = double.NaN,
        });
    }
}
