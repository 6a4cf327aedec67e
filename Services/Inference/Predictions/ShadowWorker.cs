using System.Threading.Channels;
using CloudNativeAi.Inference.Telemetry;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>Asks the challenger in the background. What it does not keep up with is dropped and counted: an answer never waits for a shadow.</summary>
internal sealed partial class ShadowWorker(Predictor predictor, InferenceMetrics metrics, ILogger<ShadowWorker> logger) : BackgroundService
{
    private const int MaxWaiting = 1_000;
    private const int Concurrency = 4;

    private readonly Channel<ShadowRequest> _waiting = Channel.CreateBounded<ShadowRequest>(MaxWaiting);

    public void Mirror(ShadowRequest request)
    {
        if (!_waiting.Writer.TryWrite(request))
        {
            metrics.CountShadow("dropped");
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Parallel.ForEachAsync(
            _waiting.Reader.ReadAllAsync(stoppingToken),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = stoppingToken },
            async (request, token) =>
            {
                try
                {
                    await predictor.PredictShadowAsync(request, token);
                    metrics.CountShadow("done");
                }
                catch (Exception exception) when (!token.IsCancellationRequested)
                {
                    metrics.CountShadow("failed");
                    LogFailed(request.Request.ModelName, exception.Message);
                }
            });

    [LoggerMessage(LogLevel.Debug, "The challenger of model {ModelName} failed on a mirrored request: {Reason}")]
    private partial void LogFailed(string modelName, string reason);
}
