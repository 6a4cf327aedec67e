using CloudNativeAi.Web.Clients;

namespace CloudNativeAi.Web.Live;

/// <summary>Asks one service again and again. Each service has its own probe, so that a slow one holds up no other.</summary>
internal sealed partial class ServiceProbe<T>(
    string service, Func<CancellationToken, Task<T>> read, TimeProvider timeProvider, ILogger logger)
    where T : class
{
    private volatile ServiceReading<T> _current = new(service);

    public ServiceReading<T> Current => _current;

    public async Task RunAsync(TimeSpan interval, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, timeProvider);

        do
        {
            await ReadAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();

        try
        {
            var value = await read(cancellationToken);

            if (_current.FailingSince is not null)
            {
                LogRecovered(service);
            }

            _current = new ServiceReading<T>(service)
            {
                Value = value,
                ReadAt = timeProvider.GetUtcNow(),
                CallTime = timeProvider.GetElapsedTime(started),
            };
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // gRPC says CANCELLED in its own way, which the host would take for a fault.
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (Exception exception)
        {
            var failure = ServiceFailure.From(exception, service);

            if (_current.FailingSince is null)
            {
                LogFailed(service, failure.Message);
            }

            _current = _current with
            {
                FailingSince = _current.FailingSince ?? timeProvider.GetUtcNow(),
                Error = failure.Message,
                CallTime = timeProvider.GetElapsedTime(started),
            };
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Service} fails: {Message}")]
    private partial void LogFailed(string service, string message);

    [LoggerMessage(LogLevel.Information, "{Service} answers again")]
    private partial void LogRecovered(string service);
}
