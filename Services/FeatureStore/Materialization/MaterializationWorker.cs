using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.ServiceDefaults.Grpc;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Materialization;

/// <summary>While this replica leads: one loop for each source, and the removal of what retired builds left in Redis.</summary>
internal sealed partial class MaterializationWorker(
    MaterializationLease lease,
    IServiceProvider services,
    IngestionSources sources,
    DefinitionCatalog definitions,
    OnlineStoreRecovery recovery,
    OnlineViews onlineViews,
    OnlineServer server,
    ViewMaterializations materializations,
    ProgressBoard board,
    WakeSignals signals,
    IOptions<MaterializationOptions> options,
    TimeProvider timeProvider,
    ILogger<MaterializationWorker> logger) : CallingWorker
{
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await lease.RunAsync(LeadAsync, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // A store was lost or another replica leads: everything begins again from the checkpoints.
                LogLost(exception);
                await Task.Delay(options.Value.RefreshInterval, timeProvider, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task LeadAsync(CancellationToken cancellationToken)
    {
        var loops = new Dictionary<string, Task>(StringComparer.Ordinal);
        board.IsWrittenHere = true;
        try
        {
            await definitions.RefreshAsync(cancellationToken);
            await recovery.BeginAsync(cancellationToken);
            while (true)
            {
                foreach (var source in await FindSourcesAsync(cancellationToken))
                {
                    if (!loops.TryGetValue(source, out var loop) || loop.IsCompleted)
                    {
                        loops[source] = ActivatorUtilities.CreateInstance<SourceLoop>(services, source).RunAsync(cancellationToken);
                    }
                }

                if (await recovery.EnsureStillThereAsync(cancellationToken))
                {
                    signals.WakeAll();
                }

                await CleanAsync(cancellationToken);
                await signals.WaitAsync(WakeSignals.Supervisor, options.Value.RefreshInterval, cancellationToken);
            }
        }
        finally
        {
            await Task.WhenAll(loops.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            board.IsWrittenHere = false;
        }
    }

    // Every source of Ingestion, so that the offline store has the events of a source before the first view needs them.
    private async Task<IReadOnlyCollection<string>> FindSourcesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var statuses = await sources.RefreshAsync(cancellationToken);
            await definitions.RefreshAsync(cancellationToken);
            return [.. statuses.Select(status => status.Source.Name)];
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogIngestionLost(exception.Status.Detail);
            return [.. definitions.Current.Sources.Keys];
        }
    }

    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        foreach (var build in await materializations.GetUncleanedAsync(cancellationToken))
        {
            // Not while this replica may still read it; others hear of the change within a moment, and this comes a round later.
            if (onlineViews.Current.Views.Values.Any(view => view.Build.Generation == build.Generation))
            {
                await onlineViews.RefreshAsync(cancellationToken);
                continue;
            }

            var deleted = await server.DeleteAsync($"cnai:*:{build.View}:{build.Generation}", cancellationToken);
            await server.DeleteAsync(OnlineKeys.Applied(build.Generation).ToString(), cancellationToken);
            await materializations.SetCleanedAsync(build.Generation, cancellationToken);
            LogCleaned(build.View, deleted);
        }
    }

    [LoggerMessage(LogLevel.Warning, "This replica stops to materialize and tries again")]
    private partial void LogLost(Exception exception);

    [LoggerMessage(LogLevel.Warning, "Ingestion does not answer: {Detail}")]
    private partial void LogIngestionLost(string detail);

    [LoggerMessage(LogLevel.Information, "{Keys} keys of an older build of the view '{View}' were deleted")]
    private partial void LogCleaned(string view, long keys);
}
