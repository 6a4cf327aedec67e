using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Modeling;
using Grpc.Core;

namespace CloudNativeAi.Inference.Features;

/// <summary>Reads the online values of a prediction's entities from the feature store.</summary>
internal sealed class OnlineFeatures(FeatureRetrieval.FeatureRetrievalClient client)
{
    /// <exception cref="InferenceException">The feature store refuses the request or cannot be reached.</exception>
    public async Task<GetOnlineFeaturesResponse> ReadAsync(ModelSignature signature, PredictRequest request, long asOfMicros, CancellationToken cancellationToken)
    {
        var read = new GetOnlineFeaturesRequest { FeatureService = signature.FeatureService, AsOfMicros = asOfMicros };
        foreach (var key in signature.EntityKeys)
        {
            read.EntityKeys.Add(new KeyColumn { JoinKey = key.Name, Values = { request.EntityKeys[key.Name] } });
        }

        try
        {
            return await client.GetOnlineFeaturesAsync(read, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The feature store refused the look-up for '{signature.FeatureService}': {exception.Status.Detail}", exception);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InferenceException(InferenceErrorKind.Unavailable, $"The feature store cannot be reached; retry later ({exception.StatusCode}).", exception);
        }
    }
}
