using CloudNativeAi.Monitoring.Telemetry;
using CloudNativeAi.ServiceDefaults.Grpc;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Evaluation;

internal sealed partial class EvaluationWorker(
    Evaluator evaluator, IOptions<EvaluationOptions> options, TimeProvider timeProvider, MonitoringMetrics metrics, ILogger<EvaluationWorker> logger)
    : CallingWorker
{
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, timeProvider);

        do
        {
            try
            {
                var started = timeProvider.GetTimestamp();
                while (await evaluator.RunAsync(stoppingToken))
                {
                }

                metrics.RecordEvaluation(timeProvider.GetElapsedTime(started));
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Each step is one transaction, so the next round continues where this one failed.
                metrics.RecordEvaluationFailure();
                LogFailed(exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(LogLevel.Error, "An evaluation round failed; the next one continues")]
    private partial void LogFailed(Exception exception);
}
