using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.ServiceDefaults.Grpc;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using MonitoringLog = CloudNativeAi.Contracts.Monitoring.PredictionLog;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>Takes predictions from the spool to Monitoring, in order, for as long as it takes. Sending one twice is harmless.</summary>
internal sealed partial class PredictionShipperWorker(
    PredictionSpool spool,
    MonitoringLog.PredictionLogClient monitoring,
    IOptions<PredictionLogOptions> options,
    InferenceMetrics metrics,
    TimeProvider timeProvider,
    ILogger<PredictionShipperWorker> logger) : CallingWorker
{
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        var delay = options.Value.ShipInterval;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await spool.WaitAsync(stoppingToken);
                await ShipAsync(stoppingToken);
                delay = options.Value.ShipInterval;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotShipped(spool.SpooledPredictions, exception is RpcException rpc ? rpc.Status.Detail : exception.ToString());
                delay = delay * 2 < options.Value.MaxRetryDelay ? delay * 2 : options.Value.MaxRetryDelay;
            }

            await Task.Delay(delay, timeProvider, stoppingToken);
        }
    }

    private async Task ShipAsync(CancellationToken cancellationToken)
    {
        while (spool.Peek(options.Value.BatchSize) is { } batch)
        {
            await SendAsync(batch.Records, cancellationToken);
            spool.Acknowledge(batch);
        }
    }

    // A record that Monitoring refuses for good must not hold up those behind it: it is found by halving and put aside.
    private async Task SendAsync(IReadOnlyList<PredictionRecord> records, CancellationToken cancellationToken)
    {
        var request = new LogPredictionsRequest();
        request.Predictions.Add(records);
        try
        {
            await monitoring.LogPredictionsAsync(request, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.InvalidArgument)
        {
            if (records.Count == 1)
            {
                PutAside(records[0], exception.Status.Detail);
                return;
            }

            var half = records.Count / 2;
            await SendAsync([.. records.Take(half)], cancellationToken);
            await SendAsync([.. records.Skip(half)], cancellationToken);
        }
    }

    private void PutAside(PredictionRecord record, string reason)
    {
        File.AppendAllText(spool.RefusedPath, JsonFormatter.Default.Format(record) + "\n");
        metrics.CountRefusedByMonitoring(1);
        LogRefused(record.PredictionId, reason, spool.RefusedPath);
    }

    [LoggerMessage(LogLevel.Warning, "{Count} predictions wait, Monitoring does not take them: {Reason}")]
    private partial void LogNotShipped(long count, string reason);

    [LoggerMessage(LogLevel.Error, "Monitoring refuses prediction '{PredictionId}' ({Reason}); it is kept in '{Path}'")]
    private partial void LogRefused(string predictionId, string reason, string path);
}
