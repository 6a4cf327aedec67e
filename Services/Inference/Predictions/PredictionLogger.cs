using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.PredictionLog;
using CloudNativeAi.Inference.Telemetry;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>Makes a prediction durable before it is answered, or decides by policy when that is impossible.</summary>
internal sealed partial class PredictionLogger(
    PredictionSpool spool, IOptions<PredictionLogOptions> options, InferenceMetrics metrics, TimeProvider timeProvider, ILogger<PredictionLogger> logger)
{
    private static readonly TimeSpan WarnEvery = TimeSpan.FromMinutes(1);
    private long _lastWarning;

    /// <exception cref="InferenceException">The spool cannot take it, and PredictionLog:WhenFull is refuse.</exception>
    public async ValueTask LogAsync(PredictionRecord record)
    {
        string problem;
        try
        {
            if (await spool.AppendAsync(record))
            {
                return;
            }

            problem = $"the spool is full ({options.Value.MaxSpoolBytes} bytes)";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"the spool cannot be written: {exception.Message}";
        }

        if (options.Value.WhenFull == "refuse")
        {
            throw new InferenceException(InferenceErrorKind.Unavailable, $"The prediction cannot be logged, so it is not answered: {problem}.");
        }

        metrics.CountUnlogged(1);
        var last = Interlocked.Read(ref _lastWarning);
        if ((last == 0 || timeProvider.GetElapsedTime(last) >= WarnEvery)
            && Interlocked.CompareExchange(ref _lastWarning, timeProvider.GetTimestamp(), last) == last)
        {
            LogDropped(problem);
        }
    }

    [LoggerMessage(LogLevel.Error, "Predictions are answered without being logged: {Problem}")]
    private partial void LogDropped(string problem);
}
