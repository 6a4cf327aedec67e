using System.Text;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Inference.Models;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>Decides between champion and challenger. Sticky: the same entity gets the same one while the share is unchanged, on every replica.</summary>
internal static class TrafficRouter
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    public static string ChooseAlias(ServedModel model, IDictionary<string, Value> entityKeys)
    {
        if (model.ChallengerShare <= 0 || !model.Aliases.ContainsKey(ServedModels.ChallengerAlias))
        {
            return ServedModels.DefaultAlias;
        }

        return PointOf(model.Name, entityKeys) < model.ChallengerShare ? ServedModels.ChallengerAlias : ServedModels.DefaultAlias;
    }

    /// <summary>A point in [0, 1), evenly spread over entities, and different for each model.</summary>
    public static double PointOf(string modelName, IDictionary<string, Value> entityKeys)
    {
        var hash = Add(FnvOffset, modelName);
        foreach (var (name, value) in entityKeys.OrderBy(key => key.Key, StringComparer.Ordinal))
        {
            hash = Add(Add(hash, name), value.KindCase switch
            {
                Value.KindOneofCase.StringValue => value.StringValue,
                Value.KindOneofCase.None => "",
                _ => value.ToString(),
            });
        }

        // FNV's high bits are weak for short texts.
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        hash ^= hash >> 33;
        hash *= 0xc4ceb9fe1a85ec53;
        hash ^= hash >> 33;
        return (hash >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Add(ulong hash, string text)
    {
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ value) * FnvPrime;
        }

        // Keeps "ab" + "c" apart from "a" + "bc".
        return (hash ^ 0xff) * FnvPrime;
    }
}
