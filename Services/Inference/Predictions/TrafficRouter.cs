using System.IO.Hashing;
using System.Text;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Models;
using ServedModel = CloudNativeAi.Inference.Models.ServedModel;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>Shares the requests for a champion with its challenger. The same entity always goes the same way.</summary>
internal static class TrafficRouter
{
    /// <summary>The alias that answers.</summary>
    public static string Choose(ServedModel? model, PredictRequest request)
    {
        var alias = request.WhichCase == PredictRequest.WhichOneofCase.Alias && request.Alias.Length > 0 ? request.Alias : ServedModels.Champion;
        return alias == ServedModels.Champion && model is { ChallengerShare: > 0 } && model.Aliases.ContainsKey(ServedModels.Challenger) && ShareOf(request) < model.ChallengerShare
            ? ServedModels.Challenger
            : alias;
    }

    // A fixed hash of the keys in name order, as a number in [0, 1).
    private static double ShareOf(PredictRequest request)
    {
        var hash = new XxHash64();
        foreach (var (name, value) in request.EntityKeys.OrderBy(key => key.Key, StringComparer.Ordinal))
        {
            hash.Append(Encoding.UTF8.GetBytes($"{name}={value}\n"));
        }

        return (hash.GetCurrentHashAsUInt64() >> 11) / (double)(1L << 53);
    }
}
