using CloudNativeAi.Contracts.Inference;

namespace CloudNativeAi.Web.Clients;

public sealed class InferenceClient(Prediction.PredictionClient prediction, CallDeadlines deadlines)
{
    public const string Name = "Inference";

    public async Task<PredictResponse> PredictAsync(PredictRequest request, CancellationToken cancellationToken) =>
        await prediction.PredictAsync(request, deadlines.ForPage(cancellationToken));
}
