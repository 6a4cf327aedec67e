using System.Threading.Channels;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.PredictionLog;
using Grpc.Core;

namespace CloudNativeAi.Inference.Predictions;

internal sealed class PredictionGrpcService(Predictor predictor, ServedModels models, PredictionSpool spool, ExecutionProvider provider)
    : Prediction.PredictionBase
{
    private const int MaxInFlightPerStream = 64;
    private const double WindowSeconds = 60;

    public override async Task<PredictResponse> Predict(PredictRequest request, ServerCallContext context)
    {
        try
        {
            return await predictor.PredictAsync(request, context.CancellationToken);
        }
        catch (InferenceException exception)
        {
            throw exception.ToRpcException();
        }
    }

    public override async Task PredictStream(IAsyncStreamReader<PredictRequest> requestStream, IServerStreamWriter<PredictResponse> responseStream, ServerCallContext context)
    {
        var answers = Channel.CreateBounded<Task<PredictResponse>>(MaxInFlightPerStream);
        var reading = ReadAsync(requestStream, answers.Writer, context.CancellationToken);
        await foreach (var answer in answers.Reader.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(await answer, context.CancellationToken);
        }

        await reading;
    }

    public override Task<GetServingStatusResponse> GetServingStatus(GetServingStatusRequest request, ServerCallContext context)
    {
        var response = new GetServingStatusResponse { SpooledPredictions = spool.Pending, ExecutionProvider = provider.Name };
        foreach (var version in models.Versions.OrderBy(version => version.ModelName, StringComparer.Ordinal).ThenBy(version => version.Version))
        {
            var (count, median, p99) = version.Latencies.Read();
            var served = new Contracts.Inference.ServedModel
            {
                ModelName = version.ModelName,
                Version = version.Version,
                Digest = version.Digest,
                State = "READY",
                LoadedMicros = (version.LoadedAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
                Predictions = version.Succeeded,
                Failures = version.Failed,
                LatencyP50Seconds = median,
                LatencyP99Seconds = p99,
                PredictionsPerSecond = count / WindowSeconds,
            };
            if (models.Find(version.ModelName) is { } model)
            {
                served.Aliases.AddRange(model.Aliases.Where(alias => ReferenceEquals(alias.Value, version)).Select(alias => alias.Key).Order(StringComparer.Ordinal));
            }

            response.Models.Add(served);
        }

        return Task.FromResult(response);
    }

    private async Task ReadAsync(IAsyncStreamReader<PredictRequest> requests, ChannelWriter<Task<PredictResponse>> answers, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var request in requests.ReadAllAsync(cancellationToken))
            {
                await answers.WriteAsync(AnswerAsync(request, cancellationToken), cancellationToken);
            }
        }
        finally
        {
            answers.Complete();
        }
    }

    // An error in one request is an answer; the stream goes on.
    private async Task<PredictResponse> AnswerAsync(PredictRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await predictor.PredictAsync(request, cancellationToken);
        }
        catch (InferenceException exception)
        {
            return new PredictResponse { PredictionId = request.PredictionId, ModelName = request.ModelName, Error = exception.Message, ErrorCode = (int)exception.Kind.ToStatusCode() };
        }
    }
}
