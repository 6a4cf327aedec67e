using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Features;
using CloudNativeAi.ServiceDefaults.Telemetry;
using Grpc.Core;

namespace CloudNativeAi.Inference.Predictions;

internal sealed class PredictionGrpcService(Predictor predictor, OnlineFeatures features, SharedLookUps shared, ShadowWorker shadows, ServingStatus status) : Prediction.PredictionBase
{
    public override async Task<PredictResponse> Predict(PredictRequest request, ServerCallContext context)
    {
        try
        {
            return await predictor.PredictAsync(Call(request, shared, context), context.CancellationToken);
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override async Task<PredictBatchResponse> PredictBatch(PredictBatchRequest request, ServerCallContext context)
    {
        try
        {
            PredictionLimits.Check(request);
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }

        var lookUps = new JoinedLookUps(features, request.Rows.Count);
        var answers = await Task.WhenAll(request.Rows.Select(async row =>
        {
            using var lookUp = lookUps.CreateRow();
            return await AnswerOrErrorAsync(Call(row, lookUp, context), context.CancellationToken);
        }));
        return new PredictBatchResponse { Rows = { answers } };
    }

    public override Task PredictStream(IAsyncStreamReader<PredictRequest> requestStream, IServerStreamWriter<PredictResponse> responseStream, ServerCallContext context) =>
        OrderedStream.RunAsync(
            requestStream.ReadAllAsync(context.CancellationToken),
            (request, _, token) => AnswerOrErrorAsync(Call(request, shared, context), token),
            responseStream.WriteInFlightAsync,
            context.CancellationToken);

    public override Task<GetServingStatusResponse> GetServingStatus(GetServingStatusRequest request, ServerCallContext context) =>
        Task.FromResult(status.Read());

    private PredictionCall Call(PredictRequest request, FeatureLookUp lookUp, ServerCallContext context) =>
        new(request, context.GetHttpContext().VersionOf(named: ""), context.Deadline, lookUp, RequestTrace.IdOf(context.GetHttpContext()), shadows.Mirror);

    // One among several: its error is its answer, and the others go on.
    private async Task<PredictResponse> AnswerOrErrorAsync(PredictionCall call, CancellationToken cancellationToken)
    {
        try
        {
            return await predictor.PredictAsync(call, cancellationToken);
        }
        catch (InferenceException exception)
        {
            return new PredictResponse
            {
                PredictionId = call.Request.PredictionId, ModelName = call.Request.ModelName, Error = exception.Message, ErrorCode = (int)exception.Kind.ToStatusCode(),
            };
        }
    }
}
