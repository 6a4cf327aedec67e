using CloudNativeAi.Flights.Data;
using CloudNativeAi.Flights.Replay;
using CloudNativeAi.ServiceDefaults.Grpc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Flights;

/// <summary>The sample's main job: definitions, history, model, replay.</summary>
internal sealed partial class FlightsWorker(
    FlightDefinitions definitions,
    HistoryLoader history,
    ModelTraining training,
    EventSender sender,
    Retry retry,
    FlightServices services,
    IOptions<FlightsOptions> options,
    IConfiguration configuration,
    IHostApplicationLifetime lifetime,
    TimeProvider timeProvider,
    ILogger<FlightsWorker> logger) : CallingWorker
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            await PlayAsync(stoppingToken);
            lifetime.StopApplication();
        }
        catch (Exception) when (!stoppingToken.IsCancellationRequested)
        {
            // The host logs the error and stops; the exit code says that the job was not done.
            Environment.ExitCode = 1;
            throw;
        }
    }

    private async Task PlayAsync(CancellationToken stoppingToken)
    {
        var directory = Directory.CreateDirectory(configuration["Data:Directory"] ?? Path.Combine("data", "flights")).FullName;
        var data = await FlightDataSource.ReadAsync(options.Value.Data, Path.Combine(directory, "download"), options.Value.Seed, stoppingToken);
        LogData(data.Description, data.Flights.Count, data.Weather.Count, data.Planes.Count);

        var timeline = new Timeline(data);
        await definitions.ApplyAsync(stoppingToken);
        await history.LoadAsync(timeline, data.HistoryUntil, stoppingToken);
        await training.EnsureChampionAsync(data.Flights[0].ScheduledDeparture - Timeline.PredictionLead, data.HistoryUntil, stoppingToken);
        LogWebUi(configuration["WEB_HTTP"] ?? "see the AppHost's table");
        await ReplayAsync(timeline, data.HistoryUntil, Path.Combine(directory, "replay.json"), stoppingToken);
    }

    private async Task ReplayAsync(Timeline timeline, long begin, string statePath, CancellationToken cancellationToken)
    {
        var replayer = new Replayer(services, sender, retry) { Begin = begin };
        var end = options.Value.Until is { } until ? Math.Min(Instant.From(until), timeline.End) : timeline.End;
        var state = await ReplayState.ReadAsync(statePath, cancellationToken) ?? new ReplayState(begin, 0, 0, 0);
        var (startedAt, startedFrom) = (timeProvider.GetTimestamp(), state.ReplayedUntil);
        var reported = timeProvider.GetTimestamp();
        LogReplaying(Instant.Format(state.ReplayedUntil), Instant.Format(end), options.Value.Speed);

        while (state.ReplayedUntil < end)
        {
            var stepEnd = Math.Min(state.ReplayedUntil + Replayer.Step, end);
            await WaitForSimulatedTimeAsync(stepEnd - startedFrom, startedAt, cancellationToken);
            var step = await replayer.PlayStepAsync(timeline, state.ReplayedUntil, stepEnd, cancellationToken);
            state = new ReplayState(stepEnd, state.Events + step.Events, state.Predictions + step.Predictions, state.Labels + step.Labels);
            await state.WriteAsync(statePath, cancellationToken);

            if (timeProvider.GetElapsedTime(reported) >= ReportInterval)
            {
                reported = timeProvider.GetTimestamp();
                LogReplayed(Instant.Format(state.ReplayedUntil), state.Events, state.Predictions, state.Labels);
            }
        }

        LogFinished(Instant.Format(state.ReplayedUntil), state.Events, state.Predictions, state.Labels);
    }

    private async Task WaitForSimulatedTimeAsync(long simulatedMicros, long startedAt, CancellationToken cancellationToken)
    {
        if (options.Value.Speed <= 0)
        {
            return;
        }

        var due = TimeSpan.FromMicroseconds(simulatedMicros / options.Value.Speed);
        var wait = due - timeProvider.GetElapsedTime(startedAt);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, timeProvider, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Data: {Description}; {Flights:N0} flights, {Weather:N0} hours of weather, {Planes:N0} aircraft")]
    private partial void LogData(string description, int flights, int weather, int planes);

    [LoggerMessage(LogLevel.Information, "Web UI: {Url}")]
    private partial void LogWebUi(string url);

    [LoggerMessage(LogLevel.Information, "Replay: from {From} to {To} at {Speed:N0} times real time (0: as fast as it goes)")]
    private partial void LogReplaying(string from, string to, double speed);

    [LoggerMessage(LogLevel.Information, "Replay: {Until}, {Events:N0} events, {Predictions:N0} predictions, {Labels:N0} labels sent")]
    private partial void LogReplayed(string until, long events, long predictions, long labels);

    [LoggerMessage(LogLevel.Information, "Replay: finished at {Until} with {Events:N0} events, {Predictions:N0} predictions, {Labels:N0} labels sent. The application keeps running.")]
    private partial void LogFinished(string until, long events, long predictions, long labels);
}
