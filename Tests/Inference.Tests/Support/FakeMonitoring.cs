using System.Collections.Concurrent;
using CloudNativeAi.Contracts.Monitoring;
using Grpc.Core;
using MonitoringLog = CloudNativeAi.Contracts.Monitoring.PredictionLog;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>Keeps predictions by id, as Monitoring does.</summary>
internal sealed class FakeMonitoring : MonitoringLog.PredictionLogBase
{
    public ConcurrentDictionary<string, PredictionRecord> Logged { get; } = new();

    public bool IsDown { get; set; }

    /// <summary>An id that is refused for good.</summary>
    public string RefusedId { get; set; } = "";

    public int Duplicates;

    public override Task<LogPredictionsResponse> LogPredictions(LogPredictionsRequest request, ServerCallContext context)
    {
        if (IsDown)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "Monitoring is down."));
        }

        if (request.Predictions.Any(prediction => prediction.PredictionId == RefusedId))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"'{RefusedId}' is refused."));
        }

        foreach (var prediction in request.Predictions)
        {
            if (!Logged.TryAdd(prediction.PredictionId, prediction))
            {
                Interlocked.Increment(ref Duplicates);
            }
        }

        return Task.FromResult(new LogPredictionsResponse { Accepted = request.Predictions.Count });
    }

    public Task WaitForAsync(int count) => WaitForAsync(logged => logged.Count >= count);

    public async Task WaitForAsync(Predicate<IReadOnlyDictionary<string, PredictionRecord>> isThere)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(InferenceHost.Patience);
        while (!isThere(Logged))
        {
            await Task.Delay(10, timeout.Token);
        }
    }
}
