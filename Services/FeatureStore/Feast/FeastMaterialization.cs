using System.Diagnostics;
using System.Globalization;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OnlineStore;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>
/// Feast's materialization. Here events reach the online store as they come, late ones included, so there is nothing to copy: a request
/// is answered when the online store has every event that the log had when it came, whatever interval it names.
/// </summary>
internal sealed class FeastMaterialization(
    Sources.SourcesClient sources, OnlineViews onlineViews, ProgressBoard board, PositionWaiter waiter, FeastMetrics metrics, IOptions<FeastOptions> options)
{
    /// <exception cref="FeastException">An instant is missing, malformed or before the other.</exception>
    public static void CheckRange(FeastMaterializeRequest request, bool startIsNeeded)
    {
        if (request.Version is not null)
        {
            throw FeastException.Invalid("Feature views have no versions here: leave 'version' out.");
        }

        if (request.DisableEventTimestamp)
        {
            return;
        }

        var end = InstantOf("end_ts", request.End);
        if (startIsNeeded && InstantOf("start_ts", request.Start) > end)
        {
            throw FeastException.Invalid($"start_ts ({request.Start}) must not be after end_ts ({request.End}).");
        }
    }

    /// <summary>The views named, or all.</summary>
    /// <param name="isForced">Also when one of them is being built from the past.</param>
    /// <exception cref="FeastException">One is unknown, or is being built.</exception>
    public IReadOnlyList<FeatureView> Find(IReadOnlyList<string>? names, bool isForced)
    {
        var snapshot = onlineViews.Current;
        var definitions = snapshot.Definitions.Definitions;
        IReadOnlyList<FeatureView> views = names is null
            ? definitions.FeatureViews
            : [.. names.Distinct(StringComparer.Ordinal).Select(name => definitions.FindView(name)
                ?? throw new FeastException(StatusCodes.Status404NotFound, "FeatureViewNotFoundException", $"There is no feature view '{name}'."))];
        if (!isForced && views.FirstOrDefault(view => !IsServed(snapshot, view)) is { } building)
        {
            throw new FeastException(
                StatusCodes.Status409Conflict, "FeatureViewMaterializingException",
                $"The feature view '{building.Name}' is being materialized; wait for it, or ask with '?force=true'.");
        }

        return views;
    }

    /// <exception cref="FeastException">The online store needs longer than a request may wait.</exception>
    public async Task WaitAsync(IReadOnlyList<FeatureView> views, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var isSuccess = false;
        try
        {
            await WaitForHeadsAsync(views, cancellationToken);
            isSuccess = true;
        }
        finally
        {
            foreach (var view in views)
            {
                metrics.RecordMaterialization(view.Name, isSuccess, Stopwatch.GetElapsedTime(started));
            }
        }
    }

    private async Task WaitForHeadsAsync(IReadOnlyList<FeatureView> views, CancellationToken cancellationToken)
    {
        var statuses = await sources.ListSourcesAsync(new ListSourcesRequest(), cancellationToken: cancellationToken);
        var heads = statuses.Sources.ToDictionary(status => status.Source.Name, status => status.HeadPosition, StringComparer.Ordinal);
        foreach (var source in views.Select(view => view.Source).Distinct(StringComparer.Ordinal))
        {
            var head = heads.GetValueOrDefault(source);
            if (!await waiter.WaitForOnlineAsync(source, head, options.Value.MaterializeWait, cancellationToken))
            {
                throw new FeastException(
                    StatusCodes.Status503ServiceUnavailable, "FeatureStoreNotReadyException",
                    $"The online store is at position {waiter.PositionsOf(source).Online:N0} of the source '{source}'; it goes on to {head:N0}. Ask again later.");
            }
        }
    }

    private bool IsServed(OnlineViewSnapshot snapshot, FeatureView view) =>
        snapshot.Views.TryGetValue(view.Name, out var online)
        && (online.Build.Ready || board.PositionOf(online.Build) >= online.Build.TargetPosition);

    private static DateTimeOffset InstantOf(string name, string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw FeastException.Invalid(text is null ? $"'{name}' is missing." : $"'{name}' is '{text}'; it must be an ISO 8601 timestamp.");
}
