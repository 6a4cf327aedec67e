using CloudNativeAi.Contracts.Inference;
using Grpc.Core;

namespace CloudNativeAi.Inference.Predictions;

internal sealed class PredictionGrpcService(Predictor predictor, ShadowWorker shadows, ServingStatus status) : Prediction.PredictionBase
{
    public override async Task<PredictResponse> Predict(PredictRequest request, ServerCallContext context)
    {
        try
        {
            return await predictor.PredictAsync(request, context.Deadline, shadows.Mirror, context.CancellationToken);
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override Task PredictStream(IAsyncStreamReader<PredictRequest> requestStream, IServerStreamWriter<PredictResponse> responseStream, ServerCallContext context) =>
        OrderedStream.RunAsync(
            requestStream.ReadAllAsync(context.CancellationToken),
            async (request, _, token) =>
            {
                try
                {
                    return await predictor.PredictAsync(request, context.Deadline, shadows.Mirror, token);
                }
                catch (InferenceException exception)
                {
                    return new PredictResponse
                    {
                        PredictionId = request.PredictionId, ModelName = request.ModelName, Error = exception.Message, ErrorCode = (int)exception.Kind.ToStatusCode(),
                    };
                }
            },
            responseStream.WriteInFlightAsync,
            context.CancellationToken);

    public override Task<GetServingStatusResponse> GetServingStatus(GetServingStatusRequest request, ServerCallContext context) =>
        Task.FromResult(status.Read());
}
