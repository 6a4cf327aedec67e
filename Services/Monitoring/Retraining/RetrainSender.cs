using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Monitoring.Telemetry;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.Retraining;

/// <summary>Hands pending requests to Training. The idempotency key makes a second hand-over, after a crash, the same job.</summary>
internal sealed partial class RetrainSender(
    RetrainRequests requests, TrainingJobs.TrainingJobsClient training, MonitoringMetrics metrics, ILogger<RetrainSender> logger)
{
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, modelName, request) in await requests.ListPendingAsync(cancellationToken))
        {
            using var activity = MonitoringTracing.Source.StartActivity("request retraining");
            try
            {
                var job = await training.SubmitJobAsync(request, cancellationToken: cancellationToken);
                await requests.MarkSubmittedAsync(id, job.Id, cancellationToken);
                metrics.RecordRetrainRequest(modelName, "submitted");
                LogSubmitted(modelName, job.Id, request.Reason);
            }
            catch (RpcException exception) when (IsRefusal(exception.StatusCode))
            {
                await requests.MarkFailedAsync(id, $"{exception.StatusCode}: {exception.Status.Detail}", cancellationToken);
                metrics.RecordRetrainRequest(modelName, "failed");
                LogRefused(modelName, exception.StatusCode, exception.Status.Detail);
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Training is away; the request stays pending.
                LogAway(modelName, exception.StatusCode, exception.Status.Detail);
                return;
            }
        }
    }

    // Answers that asking again would not change.
    private static bool IsRefusal(StatusCode status) => status is
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.NotFound or StatusCode.OutOfRange
        or StatusCode.PermissionDenied or StatusCode.Unimplemented;

    [LoggerMessage(LogLevel.Information, "Asked for a new training of {ModelName}, job {JobId}: {Reason}")]
    private partial void LogSubmitted(string modelName, string jobId, string reason);

    [LoggerMessage(LogLevel.Error, "Training refused to retrain {ModelName} ({StatusCode}): {Detail}")]
    private partial void LogRefused(string modelName, StatusCode statusCode, string detail);

    [LoggerMessage(LogLevel.Warning, "The request to retrain {ModelName} waits for Training ({StatusCode}: {Detail})")]
    private partial void LogAway(string modelName, StatusCode statusCode, string detail);
}
