using System.Threading.Channels;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Telemetry;
using Grpc.Core;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>Mirrors requests to the challenger behind the answer's back: bounded, and dropped rather than waited for.</summary>
internal sealed partial class ShadowPredictions(IServiceProvider services, InferenceMetrics metrics, ILogger<ShadowPredictions> logger) : BackgroundService
{
    private const int Capacity = 1_000;

    private readonly Channel<(PredictRequest Request, string Id)> _mirrored = Channel.CreateBounded<(PredictRequest, string)>(Capacity);

    public void Mirror(PredictRequest request, string predictionId)
    {
        if (!_mirrored.Writer.TryWrite((request, predictionId)))
        {
            metrics.CountShadow("dropped");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var predictor = services.GetRequiredService<Predictor>();
        await foreach (var (request, id) in _mirrored.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await predictor.ShadowAsync(request, id, stoppingToken);
                metrics.CountShadow("done");
            }
            catch (Exception exception) when (exception is InferenceException or RpcException)
            {
                metrics.CountShadow("failed");
                LogFailed(request.ModelName, exception.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "The challenger of {Model} did not answer a mirrored request: {Reason}")]
    private partial void LogFailed(string model, string reason);
}
