using System.Diagnostics;
using System.Diagnostics.Metrics;
using CloudNativeAi.FeatureStore.Materialization;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;

namespace CloudNativeAi.FeatureStore;

/// <summary>What the feature store tells about itself. Tags are names of sources and views: as many as are defined.</summary>
internal sealed class FeatureStoreMetrics
{
    public const string MeterName = "CloudNativeAi.FeatureStore";

    public static readonly ActivitySource ActivitySource = new(MeterName);

    private static readonly InstrumentAdvice<double> ReadBuckets = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    };

    private static readonly InstrumentAdvice<double> BatchBuckets = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    };

    private readonly Counter<long> _events;
    private readonly Counter<long> _conflicts;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _compacted;
    private readonly Counter<long> _vacuumed;
    private readonly Histogram<double> _batchDuration;
    private readonly Histogram<double> _readDuration;
    private readonly Histogram<long> _readRows;
    private readonly Counter<long> _statuses;
    private readonly Counter<long> _paritySamples;

    public FeatureStoreMetrics(IMeterFactory meterFactory, ProgressBoard progress, TimeProvider timeProvider)
    {
        var meter = meterFactory.Create(MeterName);
        _events = meter.CreateCounter<long>("feature_store.materialization.events", "{event}", "Events applied to the online store.");
        _conflicts = meter.CreateCounter<long>("feature_store.online.write.conflicts", "{key}", "Writes that met another writer and were merged again.");
        _failures = meter.CreateCounter<long>("feature_store.materialization.failures", "{failure}", "Times the loop of a source failed and began again.");
        _compacted = meter.CreateCounter<long>("feature_store.offline.compacted", "{file}", "Small files of the offline store that were put together.");
        _vacuumed = meter.CreateCounter<long>("feature_store.offline.vacuumed", "{file}", "Files of the offline store that nobody reads any more and that were deleted.");
        _batchDuration = meter.CreateHistogram("feature_store.materialization.batch.duration", "s", "One batch of events to the online store.", tags: null, advice: BatchBuckets);
        _readDuration = meter.CreateHistogram("feature_store.online.read.duration", "s", "GetOnlineFeatures, request to response.", tags: null, advice: ReadBuckets);
        _readRows = meter.CreateHistogram<long>("feature_store.online.read.rows", "{row}", "Entity rows in a read.");
        _statuses = meter.CreateCounter<long>("feature_store.online.values", "{value}", "Values read, by view and status.");
        _paritySamples = meter.CreateCounter<long>(
            "feature_store.parity.samples", "{sample}", "Served feature vectors that were compared with the point-in-time join, by view and result.");
        meter.CreateObservableGauge(
            "feature_store.materialization.behind", () => progress.Sources.Select(source => new Measurement<long>(
                Math.Max(0, source.HeadPosition - source.OnlinePosition), new KeyValuePair<string, object?>("source.name", source.Source))),
            "{event}", "Events in the log that the online store does not have yet.");
        meter.CreateObservableGauge(
            "feature_store.freshness", () => progress.Sources.Where(source => source.LastEventTimestampMicros > 0).Select(source => new Measurement<double>(
                (Micros.Now(timeProvider) - source.LastEventTimestampMicros) / 1e6, new KeyValuePair<string, object?>("source.name", source.Source))),
            "s", "Age of the newest event in the online store.");
    }

    public void RecordBatch(string source, int events, long conflicts, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("source.name", source);
        _events.Add(events, tag);
        _conflicts.Add(conflicts, tag);
        _batchDuration.Record(duration.TotalSeconds, tag);
    }

    public void RecordFailure(string source) => _failures.Add(1, new KeyValuePair<string, object?>("source.name", source));

    public void RecordUpkeep(string source, UpkeepResult done)
    {
        var tag = new KeyValuePair<string, object?>("source.name", source);
        _compacted.Add(done.FilesCompacted, tag);
        _vacuumed.Add(done.FilesVacuumed, tag);
    }

    /// <summary>Any that is not equal is a reason for an alert.</summary>
    public void RecordParity(string view, bool isEqual) => _paritySamples.Add(
        1,
        new KeyValuePair<string, object?>("feature_view.name", view),
        new KeyValuePair<string, object?>("result", isEqual ? "equal" : "different"));

    public void RecordRead(int rows, TimeSpan duration)
    {
        _readRows.Record(rows);
        _readDuration.Record(duration.TotalSeconds);
    }

    public void RecordStatuses(string view, ReadOnlySpan<long> countsByStatus)
    {
        for (var status = 0; status < countsByStatus.Length; status++)
        {
            if (countsByStatus[status] > 0)
            {
                _statuses.Add(
                    countsByStatus[status],
                    new KeyValuePair<string, object?>("feature_view.name", view),
                    new KeyValuePair<string, object?>("status", ((FeatureStatus)status).ToString()));
            }
        }
    }
}
