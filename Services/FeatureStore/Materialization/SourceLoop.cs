using System.Diagnostics;
using System.Threading.Channels;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Events;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.OnlineStore;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>
/// Carries the events of one source from the log to the offline and the online store. Both stores know what they have, and take nothing
/// twice; so wherever this loop is stopped, it goes on from what they say, and nothing is lost or doubled.
/// </summary>
internal sealed partial class SourceLoop(
    string source,
    EventLogReader eventLog,
    SourceTableStore offlineStore,
    OnlineWriter onlineWriter,
    OnlineViews onlineViews,
    OnlineStoreRecovery recovery,
    ProgressStore progressStore,
    ProgressBoard board,
    WakeSignals signals,
    FeatureStoreMetrics metrics,
    IOptions<MaterializationOptions> options,
    TimeProvider timeProvider,
    ILogger<SourceLoop> logger)
{
    // Decoded batches that wait for the stores.
    private const int ReadAhead = 2;
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly OfflineBuffer _buffer = new();
    private readonly List<Task> _backfills = [];
    private Dictionary<long, ViewBuild> _builds = [];
    private SourceState _state = SourceState.New(source);
    private long _consumed;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var retry = FirstRetry;
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = timeProvider.GetTimestamp();
            try
            {
                await PumpAsync(cancellationToken);
            }
            catch (OnlineStoreLostException)
            {
                await TryAsync(recovery.EnsureAsync, cancellationToken);
                _builds = [];
            }
            catch (SourceChangedException)
            {
                // The builds are new ones; everything is decoded and applied as the source is declared now.
                LogChanged(source);
                await Task.Delay(FirstRetry, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OnlineStoreBehindException exception)
            {
                LogBehind(source, exception.Position);
                if (_builds.TryGetValue(exception.Generation, out var build))
                {
                    build.Position = Math.Min(build.Position, exception.Position);
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(source, exception);
                metrics.RecordFailure(source);
                _state = _state with { Error = exception is Grpc.Core.RpcException rpc ? $"Ingestion: {rpc.Status.Detail}" : exception.Message };
                await TryAsync(CheckpointAsync, cancellationToken);

                retry = timeProvider.GetElapsedTime(started) > LongestRetry ? FirstRetry : retry;
                await Task.Delay(retry, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                retry = TimeSpan.FromTicks(Math.Min(2 * retry.Ticks, LongestRetry.Ticks));
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                // Whatever a cancelled call throws.
                return;
            }
        }
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var schema = await eventLog.RefreshAsync(source, stop.Token);
        var offline = await offlineStore.GetStatusAsync(schema, stop.Token);
        if (_state.LastMaterializedMicros == 0)
        {
            _state = (await progressStore.GetSourcesAsync(stop.Token)).FirstOrDefault(state => state.Source == source) ?? _state;
        }

        _buffer.Clear();
        _consumed = offline.LastPosition;
        _state = _state with { OfflinePosition = offline.LastPosition, OfflineRows = offline.Rows, HeadPosition = Math.Max(_state.HeadPosition, offline.LastPosition), Error = "" };

        var batches = Channel.CreateBounded<LogBatch>(ReadAhead);
        Task? reading = null;
        try
        {
            await CatchUpAsync(schema, stop.Token);
            await CheckpointAsync(stop.Token);
            reading = ReadAsync(schema, batches.Writer, stop.Token);
            while (true)
            {
                await signals.WaitAsync(source, TimeUntilFlush(), stop.Token);
                do
                {
                    await CatchUpAsync(schema, stop.Token);
                    await ConsumeAsync(batches.Reader, stop.Token);
                    await FlushIfDueAsync(stop.Token);
                    if (_builds.Values.Any(build => build.Backfill is not null))
                    {
                        await CheckpointAsync(stop.Token);
                    }
                }
                while (batches.Reader.TryPeek(out _));

                if (reading.IsCompleted)
                {
                    await reading;
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll([reading ?? Task.CompletedTask, .. _backfills]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _backfills.Clear();
            foreach (var build in _builds.Values)
            {
                build.Backfill = null;
            }
        }
    }

    private async Task ReadAsync(SourceSchema schema, ChannelWriter<LogBatch> batches, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in eventLog.ReadAsync(schema, _consumed, options.Value.BatchSize, cancellationToken))
            {
                await batches.WriteAsync(batch, cancellationToken);
                signals.Wake(source);
            }
        }
        finally
        {
            signals.Wake(source);
        }
    }

    // Takes all that has come, up to one batch, to the online store and to the buffer of the offline store.
    private async Task ConsumeAsync(ChannelReader<LogBatch> batches, CancellationToken cancellationToken)
    {
        var parts = new List<EventColumns>();
        var count = 0;
        var traceParent = "";
        while (count < options.Value.BatchSize && batches.TryPeek(out var next))
        {
            if (next.Events is { } events)
            {
                if (parts.Count > 0 && (!events.Schema.SameAs(parts[0].Schema) || count + events.Count > options.Value.BatchSize))
                {
                    break;
                }

                parts.Add(events);
                count += events.Count;
                traceParent = next.TraceParent;
            }

            _state = _state with { HeadPosition = Math.Max(_state.HeadPosition, next.HeadPosition) };
            batches.TryRead(out _);
        }

        if (parts.Count == 0)
        {
            return;
        }

        var batch = EventColumns.Concat(parts);
        using var activity = FeatureStoreMetrics.ActivitySource.StartActivity(
            "materialize", ActivityKind.Consumer, ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent) ? parent : default);
        activity?.SetTag("source.name", source).SetTag("events", batch.Count).SetTag("position", batch.LastPosition);

        if (!_buffer.Takes(batch.Schema))
        {
            await FlushAsync(cancellationToken);
        }

        _buffer.Add(batch, timeProvider.GetTimestamp());
        var offline = _buffer.Count >= options.Value.OfflineBatchSize ? AppendAsync(cancellationToken) : Task.CompletedTask;
        try
        {
            foreach (var build in _builds.Values.Where(build => build.Backfill is null && build.Position < batch.LastPosition))
            {
                await ApplyAsync(build, batch, cancellationToken);
            }
        }
        finally
        {
            await offline;
        }

        _consumed = batch.LastPosition;
        Note(batch);
        await CheckpointAsync(cancellationToken);
    }

    private void Note(EventColumns batch) => _state = _state with
    {
        LastEventTimestampMicros = Math.Max(_state.LastEventTimestampMicros, batch.EventTimestamps.Max()),
        LastMaterializedMicros = Micros.Now(timeProvider),
    };

    private async Task ApplyAsync(ViewBuild build, EventColumns batch, CancellationToken cancellationToken)
    {
        if (build.Position < batch.FirstPosition - 1)
        {
            throw new InvalidOperationException($"The view '{build.View.View.Name}' stands at {build.Position} and was given events from {batch.FirstPosition} on.");
        }

        var started = timeProvider.GetTimestamp();
        var applied = await onlineWriter.ApplyAsync(
            build.For(batch.Schema), onlineViews.Current.StoreId, build.Position, batch, cancellationToken);
        build.Entities += applied.NewEntities;
        build.Position = batch.LastPosition;
        build.LastEventTimestampMicros = Math.Max(build.LastEventTimestampMicros, batch.EventTimestamps.Max());
        build.LagSeconds = Math.Max(0, (Micros.Now(timeProvider) - batch.CreatedTimestamps[batch.Count - 1]) / 1e6);
        metrics.RecordBatch(source, batch.Count, applied.Conflicts, timeProvider.GetElapsedTime(started));
    }

    // Brings views that are behind (new, changed, lost, or stopped half-way) to where the loop is.
    private async Task CatchUpAsync(SourceSchema schema, CancellationToken cancellationToken)
    {
        TakeBuilds();
        if (_builds.Values.Any(build => build.View.States.Schema.DescribeAvailability() != schema.DescribeAvailability()))
        {
            throw new SourceChangedException();
        }

        _backfills.RemoveAll(task => task.IsCompleted);
        foreach (var done in _builds.Values.Where(build => build.Backfill is { IsCompleted: true }).ToList())
        {
            await done.Backfill!;
            done.Backfill = null;
            await CheckpointAsync(cancellationToken);
        }

        var behind = _builds.Values.Where(build => build.Backfill is null && build.Position < _consumed).ToList();
        if (behind.Count == 0)
        {
            return;
        }

        // Then the offline store has all that this loop has consumed.
        await FlushAsync(cancellationToken);
        var isAnyLive = _builds.Values.Any(build => build.Backfill is null && build.Position >= _consumed);
        var inline = behind.Where(build => !isAnyLive || _consumed - build.Position <= options.Value.InlineCatchUp).ToList();
        foreach (var build in behind.Except(inline))
        {
            LogBackfill(source, build.View.View.Name, build.Position, _consumed);
            build.Backfill = BackfillAsync(schema, [build], _consumed, _ => WakeAsync(), cancellationToken);
            _backfills.Add(build.Backfill);
            _backfills.Add(WakeAfterAsync(build.Backfill));
        }

        if (inline.Count > 0)
        {
            await BackfillAsync(schema, inline, _consumed, NoteAsync, cancellationToken);
        }

        // A backfill beside the loop touches nothing but its build: the loop writes the checkpoint.
        Task WakeAsync()
        {
            signals.Wake(source);
            return Task.CompletedTask;
        }

        Task NoteAsync(EventColumns batch)
        {
            Note(batch);
            return CheckpointAsync(cancellationToken);
        }
    }

    private async Task BackfillAsync(
        SourceSchema schema, IReadOnlyList<ViewBuild> builds, long until, Func<EventColumns, Task> applied, CancellationToken cancellationToken)
    {
        var stored = offlineStore.ReadAsync(schema, builds.Min(build => build.Position), cancellationToken);
        await foreach (var batch in EventBatches.OfSizeAsync(stored, options.Value.BatchSize, cancellationToken))
        {
            foreach (var build in builds.Where(build => build.Position < batch.LastPosition))
            {
                await ApplyAsync(build, batch, cancellationToken);
            }

            await applied(batch);
            if (batch.LastPosition >= until || builds.All(build => build.IsRetired))
            {
                return;
            }
        }

        if (builds.FirstOrDefault(build => build.Position < until) is { } short_)
        {
            throw new InvalidOperationException($"The offline store of '{source}' ends at {short_.Position}, although it was written up to {until}.");
        }
    }

    private async Task WakeAfterAsync(Task backfill)
    {
        await backfill.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        signals.Wake(source);
    }

    private void TakeBuilds()
    {
        var current = onlineViews.Current.Views.Values.Where(view => view.View.Source == source).ToDictionary(view => view.Build.Generation);
        if (current.Count == _builds.Count && current.Keys.All(_builds.ContainsKey))
        {
            return;
        }

        foreach (var retired in _builds.Where(pair => !current.ContainsKey(pair.Key)).Select(pair => pair.Value))
        {
            retired.IsRetired = true;
        }

        _builds = current.ToDictionary(pair => pair.Key, pair => _builds.GetValueOrDefault(pair.Key) ?? new ViewBuild(pair.Value));
    }

    private TimeSpan TimeUntilFlush() => _buffer.Count == 0
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromTicks(Math.Clamp((options.Value.OfflineCommitInterval - timeProvider.GetElapsedTime(_buffer.Since)).Ticks, 0, TimeSpan.TicksPerHour));

    private async Task FlushIfDueAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Count > 0
            && (timeProvider.GetElapsedTime(_buffer.Since) >= options.Value.OfflineCommitInterval || board.IsOfflineWanted(source, _state.OfflinePosition, _consumed)))
        {
            await FlushAsync(cancellationToken);
            await CheckpointAsync(cancellationToken);
        }
    }

    private Task FlushAsync(CancellationToken cancellationToken) => _buffer.Count > 0 ? AppendAsync(cancellationToken) : Task.CompletedTask;

    private async Task AppendAsync(CancellationToken cancellationToken)
    {
        var events = _buffer.Take();
        var appended = await offlineStore.AppendAsync(events, cancellationToken);
        var status = await offlineStore.GetStatusAsync(events.Schema, cancellationToken);
        _state = _state with { OfflinePosition = appended.LastPosition, OfflineRows = status.Rows };
    }

    private async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        var builds = _builds.Values.Select(build => build.Progress).ToList();
        _state = _state with
        {
            OnlinePosition = builds.Count == 0 ? _consumed : builds.Min(build => build.Position),
        };

        var becameReady = await progressStore.WriteAsync(_state, builds, cancellationToken);
        if (becameReady)
        {
            await onlineViews.RefreshAsync(cancellationToken);
        }

        board.Set(_state, builds.Select(build => (build.Generation, build.Position)));
    }

    // Part of the handling of a failure: another one must not end the loop.
    private async Task TryAsync(Func<CancellationToken, Task> action, CancellationToken cancellationToken)
    {
        try
        {
            await action(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(source, exception);
            await Task.Delay(FirstRetry, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Error, "The loop of the source '{Source}' failed and begins again")]
    private partial void LogFailed(string source, Exception exception);

    [LoggerMessage(LogLevel.Information, "Events of the source '{Source}' count as known from other instants on: its views are built anew")]
    private partial void LogChanged(string source);

    [LoggerMessage(LogLevel.Warning, "The online store is back at position {Position} of the source '{Source}'; it is caught up from there")]
    private partial void LogBehind(string source, long position);

    [LoggerMessage(LogLevel.Information, "The view '{View}' of the source '{Source}' is filled from position {From} to {To} beside the running ones")]
    private partial void LogBackfill(string source, string view, long from, long to);
}

/// <summary>The source was declared live and is backfilled now, or the other way round, or with another delay.</summary>
internal sealed class SourceChangedException : Exception;
