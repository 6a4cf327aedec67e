using System.Diagnostics.Metrics;
using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OnlineStore;

namespace CloudNativeAi.FeatureStore.Feast;

/// <summary>
/// The figures of Feast's feature server under Feast's names, so that its dashboards and alerts work as they are. At /metrics a counter ends
/// with <c>_total</c> and what is measured in seconds with <c>_seconds</c>, as there.
/// </summary>
internal sealed class FeastMetrics
{
    private static readonly InstrumentAdvice<double> RequestBuckets = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };
    private static readonly InstrumentAdvice<double> ReadBuckets = new() { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };
    private static readonly InstrumentAdvice<double> MaterializationBuckets = new() { HistogramBucketBoundaries = [1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600] };
    private static readonly InstrumentAdvice<double> OfflineBuckets = new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600] };
    private static readonly InstrumentAdvice<long> EntityBuckets = new() { HistogramBucketBoundaries = [1, 5, 10, 25, 50, 100, 250, 500, 1_000] };
    private static readonly InstrumentAdvice<long> RowBuckets = new() { HistogramBucketBoundaries = [100, 1_000, 10_000, 100_000, 500_000, 1_000_000, 5_000_000] };

    // By the numbers of the statuses; Feast counts the first two of these names.
    private static readonly string[] StatusNames = ["invalid", "present", "null_value", "not_found", "outside_max_age"];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestLatency;
    private readonly Counter<long> _reads;
    private readonly Histogram<long> _entities;
    private readonly Histogram<double> _storeReads;
    private readonly Counter<long> _statuses;
    private readonly Counter<long> _pushes;
    private readonly Counter<long> _materializations;
    private readonly Histogram<double> _materializationDuration;
    private readonly Counter<long> _offlineRequests;
    private readonly Histogram<double> _offlineLatency;
    private readonly Histogram<long> _offlineRows;

    public FeastMetrics(IMeterFactory meterFactory, OnlineViews onlineViews, ProgressBoard board, TimeProvider timeProvider)
    {
        var meter = meterFactory.Create(FeatureStoreMetrics.MeterName);
        _requests = meter.CreateCounter<long>("feast_feature_server_request", description: "Requests to Feast's HTTP API, by endpoint and status: success or error.");
        _requestLatency = meter.CreateHistogram("feast_feature_server_request_latency", "s", "Requests to Feast's HTTP API.", tags: null, advice: RequestBuckets);
        _reads = meter.CreateCounter<long>("feast_online_features_request", description: "Reads of online features, over any protocol.");
        _entities = meter.CreateHistogram("feast_online_features_entity_count", unit: null, "Entity rows in a read of online features.", tags: null, advice: EntityBuckets);
        _storeReads = meter.CreateHistogram(
            "feast_feature_server_online_store_read_duration", "s", "What a read of online features spends on the online store.", tags: null, advice: ReadBuckets);
        _statuses = meter.CreateCounter<long>("feast_online_features_status", description: "Values read, by feature view and status.");
        _pushes = meter.CreateCounter<long>("feast_push_request", description: "Pushes, by source and mode.");
        _materializations = meter.CreateCounter<long>("feast_materialization_result", description: "Materializations asked for, by feature view and status: success or failure.");
        _materializationDuration = meter.CreateHistogram(
            "feast_materialization_duration", "s", "How long a materialization asked for took until the online store had all of it.", tags: null, advice: MaterializationBuckets);
        _offlineRequests = meter.CreateCounter<long>("feast_offline_store_request", description: "Joins of the offline store, by method and status: success or error.");
        _offlineLatency = meter.CreateHistogram("feast_offline_store_request_latency", "s", "Joins of the offline store.", tags: null, advice: OfflineBuckets);
        _offlineRows = meter.CreateHistogram("feast_offline_store_row_count", unit: null, "Rows that a join of the offline store gave.", tags: null, advice: RowBuckets);
        meter.CreateObservableGauge(
            "feast_feature_freshness", () => Freshness(onlineViews.Current, board, timeProvider), "s",
            "Seconds since the view last took events, while the log has some that it lacks or its source stands still; else 0: it is materialized continuously.");
    }

    /// <param name="endpoint">The path.</param>
    public void RecordRequest(string endpoint, bool isSuccess, TimeSpan duration)
    {
        _requests.Add(1, new("endpoint", endpoint), new("status", isSuccess ? "success" : "error"));
        _requestLatency.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("endpoint", endpoint));
    }

    public void RecordRead(int entities, TimeSpan inOnlineStore)
    {
        _reads.Add(1);
        _entities.Record(entities);
        _storeReads.Record(inOnlineStore.TotalSeconds);
    }

    /// <param name="countsByStatus">By the number of the status.</param>
    public void RecordStatuses(string view, ReadOnlySpan<long> countsByStatus)
    {
        for (var status = 0; status < countsByStatus.Length; status++)
        {
            if (countsByStatus[status] > 0)
            {
                _statuses.Add(countsByStatus[status], new("feature_view", view), new("status", StatusNames[status]));
            }
        }
    }

    /// <param name="source">One that there is.</param>
    public void RecordPush(string source, string mode) => _pushes.Add(1, new("push_source", source), new("mode", mode));

    public void RecordMaterialization(string view, bool isSuccess, TimeSpan duration)
    {
        _materializations.Add(1, new("feature_view", view), new("status", isSuccess ? "success" : "failure"));
        _materializationDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("feature_view", view));
    }

    /// <param name="rows">Null: it failed.</param>
    public void RecordOffline(string method, long? rows, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("method", method);
        _offlineRequests.Add(1, tag, new("status", rows is null ? "error" : "success"));
        _offlineLatency.Record(duration.TotalSeconds, tag);
        if (rows is { } count)
        {
            _offlineRows.Record(count, tag);
        }
    }

    private static IEnumerable<Measurement<double>> Freshness(OnlineViewSnapshot snapshot, ProgressBoard board, TimeProvider timeProvider)
    {
        foreach (var view in snapshot.Views.Values)
        {
            if (board.Find(view.View.Source) is { LastMaterializedMicros: > 0 } source)
            {
                var isFresh = source.Error.Length == 0 && board.PositionOf(view.Build) >= source.HeadPosition;
                yield return new Measurement<double>(
                    isFresh ? 0 : Math.Max(0, (Micros.Now(timeProvider) - source.LastMaterializedMicros) / 1e6),
                    new KeyValuePair<string, object?>("feature_view", view.View.Name));
            }
        }
    }
}
