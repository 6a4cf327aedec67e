using System.Security.Cryptography;
using System.Text;
using CloudNativeAi.Contracts.Inference;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>A request that was answered, to be asked of the challenger as of the same instant.</summary>
internal sealed record ShadowRequest(PredictRequest Request, string PredictionId, long AsOfMicros, int AnsweredByVersion)
{
    /// <summary>The answered prediction's id, "~v" and the shadow's version; of an id too long for that, its SHA-256.</summary>
    public string PredictionIdFor(int version)
    {
        var suffix = $"~v{version}";
        return PredictionId.Length + suffix.Length <= PredictionLimits.MaxPredictionIdLength
            ? PredictionId + suffix
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(PredictionId))) + suffix;
    }
}
