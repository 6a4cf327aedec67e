using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Inference.Telemetry;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.PredictionLog;

/// <summary>Hands the spool to Monitoring, oldest first. Sending again adds nothing there, so a crash costs a repetition at most.</summary>
internal sealed partial class PredictionShipper(
    PredictionSpool spool,
    Contracts.Monitoring.PredictionLog.PredictionLogClient monitoring,
    IOptions<PredictionLogOptions> options,
    InferenceMetrics metrics,
    TimeProvider timeProvider,
    ILogger<PredictionShipper> logger) : BackgroundService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private string _segment = "";
    private long _offset;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = FirstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await ShipSomeAsync(stoppingToken))
                {
                    delay = FirstDelay;
                }

                await spool.WaitForWriteAsync(stoppingToken);
            }
            catch (RpcException exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotTaken(spool.Pending, exception.StatusCode, exception.Status.Detail);
                await Task.Delay(delay, timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>False when nothing was left to send.</summary>
    private async Task<bool> ShipSomeAsync(CancellationToken cancellationToken)
    {
        foreach (var path in spool.Segments())
        {
            if (path != _segment)
            {
                (_segment, _offset) = (path, 0);
            }

            var isActive = spool.IsActive(path);
            var (records, offset) = SpoolReader.Read(path, _offset, options.Value.BatchSize);
            if (records.Count > 0)
            {
                await SendAsync(records, cancellationToken);
                _offset = offset;
                spool.Acknowledge(records.Count);
                return true;
            }

            if (isActive)
            {
                return false;
            }

            spool.Delete(path);
        }

        return false;
    }

    private async Task SendAsync(List<PredictionRecord> records, CancellationToken cancellationToken)
    {
        try
        {
            await monitoring.LogPredictionsAsync(new LogPredictionsRequest { Predictions = { records } }, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.InvalidArgument)
        {
            await SendOneByOneAsync(records, cancellationToken);
        }
    }

    // One record that Monitoring can never take must not hold up the others.
    private async Task SendOneByOneAsync(List<PredictionRecord> records, CancellationToken cancellationToken)
    {
        foreach (var record in records)
        {
            try
            {
                await monitoring.LogPredictionsAsync(new LogPredictionsRequest { Predictions = { record } }, cancellationToken: cancellationToken);
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.InvalidArgument)
            {
                metrics.CountRefusedByMonitoring(1);
                LogRefused(record.PredictionId, exception.Status.Detail);
                await File.AppendAllTextAsync(Path.Combine(spool.Folder, "refused.ndjson"), JsonFormatter.Default.Format(record) + "\n", cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Monitoring does not take predictions, {Count} wait in the spool: {StatusCode} {Reason}")]
    private partial void LogNotTaken(long count, StatusCode statusCode, string reason);

    [LoggerMessage(LogLevel.Error, "Monitoring refused the prediction {PredictionId} for good; it is in refused.ndjson: {Reason}")]
    private partial void LogRefused(string predictionId, string reason);
}
