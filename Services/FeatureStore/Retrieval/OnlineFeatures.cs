using System.Diagnostics;
using CloudNativeAi.FeatureStore.Definitions;
using CloudNativeAi.FeatureStore.Feast;
using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OnlineStore;
using CloudNativeAi.FeatureStore.Parity;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Retrieval;

/// <summary>Answers reads from the online store: finds what is asked for, reads each key of each view once, in one round trip.</summary>
internal sealed class OnlineFeatures(
    OnlineViews onlineViews,
    OnlineReader reader,
    ProgressBoard board,
    ParitySampler parity,
    FeatureStoreMetrics metrics,
    FeastMetrics feastMetrics,
    TimeProvider timeProvider)
{
    public const int MaxFeatures = 1_000;

    // The year 10000.
    private const long EndOfTime = 253_402_300_800_000_000;

    /// <summary>The features of a service, in its order.</summary>
    public IReadOnlyList<FeatureReference> FindService(string name)
    {
        var definitions = onlineViews.Current.Definitions.Definitions;
        return definitions.FindService(name)?.Features
            ?? throw new RetrievalException(
                RetrievalFault.NotFound,
                $"There is no feature service '{name}'. Known feature services: {string.Join(", ", definitions.FeatureServices.Select(service => service.Name))}.",
                "FeatureServiceNotFoundException");
    }

    /// <summary>Features by "view:feature", in the order given.</summary>
    public IReadOnlyList<FeatureReference> FindFeatures(IReadOnlyList<string?> names)
    {
        if (names.Count > MaxFeatures)
        {
            throw RetrievalException.Invalid($"{names.Count} features are asked for; at most {MaxFeatures:N0} are answered.");
        }

        var definitions = onlineViews.Current.Definitions.Definitions;
        var features = new List<FeatureReference>(names.Count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (name?.Split(':') is not [{ Length: > 0 } viewName, { Length: > 0 } featureName])
            {
                throw RetrievalException.Invalid($"The feature '{name}' must be written as \"view:feature\".");
            }

            var view = definitions.FindView(viewName)
                ?? throw new RetrievalException(RetrievalFault.NotFound, $"There is no feature view '{viewName}'.", "FeatureViewNotFoundException");
            var index = view.IndexOf(featureName);
            if (index < 0)
            {
                throw new RetrievalException(
                    RetrievalFault.NotFound,
                    $"The feature view '{viewName}' has no feature '{featureName}'. It has: {string.Join(", ", view.Features.Select(feature => feature.Name))}.",
                    "FeatureNameNotFoundException");
            }

            if (!seen.Add(name))
            {
                throw RetrievalException.Invalid($"The feature '{name}' is asked for twice.");
            }

            features.Add(new FeatureReference(viewName, featureName, view.Features[index].Type));
        }

        return features;
    }

    public async Task<FeatureTable> GetAsync(
        IReadOnlyList<FeatureReference> features, EntityRows rows, long? asOfMicros, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        rows.Check();
        var now = Micros.Now(timeProvider);
        var asOf = asOfMicros ?? now;
        if (asOf is <= 0 or >= EndOfTime)
        {
            throw RetrievalException.Invalid($"as_of is {asOf}; it must be microseconds since 1970 and before the year 10000.");
        }

        var snapshot = onlineViews.Current;
        var names = features.Select(feature => feature.View).Distinct(StringComparer.Ordinal).ToArray();
        var lookups = names.Select(name => rows.LookUp(ReadyView(snapshot, name))).ToArray();
        var reading = Stopwatch.GetTimestamp();
        var values = await ReadAsync(snapshot, [.. lookups.Select(lookup => lookup.Lookup)], asOfMicros, now, cancellationToken);
        feastMetrics.RecordRead(rows.Count, Stopwatch.GetElapsedTime(reading));

        var empty = lookups.Select(lookup => lookup.Lookup.View.States.EvaluateEmpty(asOf)).ToArray();
        var columns = new FeatureTableColumn[features.Count];
        for (var i = 0; i < features.Count; i++)
        {
            var view = Array.IndexOf(names, features[i].View);
            var (lookup, keyOfRow) = lookups[view];
            columns[i] = new FeatureTableColumn(
                features[i], keyOfRow, values[view].Values, empty[view], lookup.View.View.IndexOf(features[i].Feature));
        }

        var table = new FeatureTable(rows.Count, asOf, columns);
        parity.Offer(table, rows, lookups, values);
        metrics.RecordRead(rows.Count, Stopwatch.GetElapsedTime(started));
        RecordStatuses(table);
        return table;
    }

    private async Task<ViewValues[]> ReadAsync(
        OnlineViewSnapshot snapshot, ViewLookup[] lookups, long? asOf, long now, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(lookups, snapshot.StoreId, asOf, now, cancellationToken);
        }
        catch (OnlineStoreLostException)
        {
            // Either it was rebuilt and this replica has not heard of it yet, or it is about to be.
            await onlineViews.RefreshAsync(cancellationToken);
            throw NotReady("The online store has lost its data and is being built anew; retry in a moment.");
        }
    }

    private OnlineView ReadyView(OnlineViewSnapshot snapshot, string name)
    {
        if (!snapshot.Views.TryGetValue(name, out var view))
        {
            throw NotReady($"The feature view '{name}' is about to be materialized; retry in a moment.");
        }

        var position = board.PositionOf(view.Build);
        return view.Build.Ready || position >= view.Build.TargetPosition
            ? view
            : throw NotReady($"The feature view '{name}' is being materialized: {position:N0} of {view.Build.TargetPosition:N0} events are applied; retry later.");
    }

    private void RecordStatuses(FeatureTable table)
    {
        Span<long> counts = stackalloc long[5];
        foreach (var group in table.Columns.GroupBy(column => column.Feature.View, StringComparer.Ordinal))
        {
            counts.Clear();
            foreach (var column in group)
            {
                for (var row = 0; row < table.Rows; row++)
                {
                    counts[(int)column[row].Status]++;
                }
            }

            metrics.RecordStatuses(group.Key, counts);
            feastMetrics.RecordStatuses(group.Key, counts);
        }
    }

    private static RetrievalException NotReady(string message) => new(RetrievalFault.NotReady, message, "FeatureStoreNotReadyException");
}

/// <summary>What a read found: one column a feature, in the order asked for.</summary>
internal sealed record FeatureTable(int Rows, long AsOfMicros, IReadOnlyList<FeatureTableColumn> Columns);

internal sealed class FeatureTableColumn(FeatureReference feature, int[] keyOfRow, FeatureValue[][] values, FeatureValue[] empty, int index)
{
    public FeatureReference Feature => feature;

    /// <summary>A row whose key is null has no entity: it reads like one that never had an event.</summary>
    public ref readonly FeatureValue this[int row] => ref (keyOfRow[row] < 0 ? empty : values[keyOfRow[row]])[index];
}
