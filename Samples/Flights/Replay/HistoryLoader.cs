using System.Diagnostics;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Flights.Data;
using Microsoft.Extensions.Logging;

namespace CloudNativeAi.Flights.Replay;

/// <summary>Sends everything known before an instant, in bulk, unless it is there already.</summary>
internal sealed partial class HistoryLoader(FlightServices services, EventSender sender, Retry retry, ILogger<HistoryLoader> logger)
{
    private const int ReportEvery = 25_000;

    public async Task<long> LoadAsync(Timeline timeline, long until, CancellationToken cancellationToken)
    {
        var history = timeline.Events(after: -1, until).ToList();
        if (await IsLoadedAsync(history, cancellationToken))
        {
            LogAlreadyLoaded(history.Count, Instant.Format(until));
            return history.Count;
        }

        var clock = Stopwatch.StartNew();
        var sent = 0;
        var progress = new SynchronousProgress(count =>
        {
            var before = sent;
            sent += count;
            if (sent / ReportEvery != before / ReportEvery || sent == history.Count)
            {
                LogProgress(sent, history.Count, 100.0 * sent / history.Count, sent / clock.Elapsed.TotalSeconds);
            }
        });

        await sender.SendAsync(history, progress, cancellationToken);
        LogWaitingForFeatures();
        await sender.WaitUntilMaterializedAsync(cancellationToken);
        LogLoaded(history.Count, clock.Elapsed.TotalSeconds);

        return history.Count;
    }

    private async Task<bool> IsLoadedAsync(List<KnownEvent> history, CancellationToken cancellationToken)
    {
        var sources = await retry.RunAsync(
            "asking what the event log holds",
            token => services.Sources.ListSourcesAsync(new ListSourcesRequest(), cancellationToken: token).ResponseAsync,
            cancellationToken);
        var heads = sources.Sources.ToDictionary(status => status.Source.Name, status => status.HeadPosition);

        return history.CountBy(known => known.Source).All(count => heads.GetValueOrDefault(count.Key) >= count.Value);
    }

    private sealed class SynchronousProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }

    [LoggerMessage(LogLevel.Information, "History: the event log has its {Count:N0} events up to {Until} already")]
    private partial void LogAlreadyLoaded(int count, string until);

    [LoggerMessage(LogLevel.Information, "History: {Sent:N0} of {Total:N0} events ({Percent:F0} %), {Rate:N0} events/s")]
    private partial void LogProgress(int sent, int total, double percent, double rate);

    [LoggerMessage(LogLevel.Information, "History: waiting for the feature store")]
    private partial void LogWaitingForFeatures();

    [LoggerMessage(LogLevel.Information, "History: {Count:N0} events are in the event log and in both feature stores after {Seconds:F1} s")]
    private partial void LogLoaded(int count, double seconds);
}
