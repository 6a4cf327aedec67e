using CloudNativeAi.Monitoring.Telemetry;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Monitoring.Evaluation;

internal sealed partial class EvaluationWorker(
    Evaluator evaluator, IOptions<EvaluationOptions> options, TimeProvider timeProvider, MonitoringMetrics metrics, ILogger<EvaluationWorker> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
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
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                // A cancelled call ends as an RpcException, which the host would take for a failure.
                return;
            }
            catch (Exception exception)
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
