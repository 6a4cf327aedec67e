using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace CloudNativeAi.ServiceDefaults.Grpc;

/// <summary>
/// A background service that calls others over gRPC. When the process stops, a call that is under way ends with an exception of
/// gRPC's own, which the host would take for a failure; here it is the end that was asked for.
/// </summary>
public abstract class CallingWorker : BackgroundService
{
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Cancelled && stoppingToken.IsCancellationRequested)
        {
            // As an OperationCanceledException, which the host expects.
        }
    }

    protected abstract Task RunAsync(CancellationToken stoppingToken);
}
