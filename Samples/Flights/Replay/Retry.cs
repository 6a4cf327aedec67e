using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Flights.Replay;

/// <summary>
/// Every call of the sample is idempotent, so a service that is restarting costs time and nothing else:
/// calls are repeated with back-off until they succeed or the budget is spent.
/// </summary>
internal sealed partial class Retry(TimeProvider timeProvider, ILogger<Retry> logger)
{
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    public async Task<T> RunAsync<T>(string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                return await call(cancellationToken);
            }
            catch (RpcException exception) when (
                IsTransient(exception.StatusCode) && !cancellationToken.IsCancellationRequested && timeProvider.GetElapsedTime(started) < Budget)
            {
                LogRetrying(what, exception.StatusCode, exception.Status.Detail);
                await Task.Delay(delay, timeProvider, cancellationToken);
            }
        }
    }

    // INTERNAL is what HTTP/2 gives when a server dies in the middle of an answer; CANCELLED when it resets the stream.
    private static bool IsTransient(StatusCode code) =>
        code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Cancelled or StatusCode.ResourceExhausted or StatusCode.Unknown;

    [LoggerMessage(LogLevel.Information, "{What}: {StatusCode}, trying again ({Detail})")]
    private partial void LogRetrying(string what, StatusCode statusCode, string detail);
}
