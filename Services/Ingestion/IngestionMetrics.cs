using System.Diagnostics;
using System.Diagnostics.Metrics;
using CloudNativeAi.Ingestion.EventLog;

namespace CloudNativeAi.Ingestion;

internal sealed class IngestionMetrics
{
    public const string MeterName = "CloudNativeAi.Ingestion";

    public static readonly ActivitySource Source = new(MeterName);

    private static readonly InstrumentAdvice<double> LatencyBuckets = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    };

    private readonly Counter<long> _events;
    private readonly Counter<long> _read;
    private readonly Counter<long> _overloads;
    private readonly Counter<long> _deadlocks;
    private readonly Histogram<double> _commitDuration;
    private readonly Histogram<double> _requestDuration;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Gauge<double> _quality;
    private readonly Gauge<int> _qualityFiring;

    public IngestionMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _events = meter.CreateCounter<long>("ingestion.events", "{event}", "Rows received, by source and outcome: accepted, duplicate, dead_lettered, refused.");
        _read = meter.CreateCounter<long>("ingestion.events.read", "{event}", "Events sent to readers of the event log.");
        _overloads = meter.CreateCounter<long>("ingestion.overloads", "{request}", "Requests turned away because too much was in flight.");
        _deadlocks = meter.CreateCounter<long>("ingestion.deadlocks", "{transaction}", "Transactions that PostgreSQL ended to break a deadlock, and that were repeated.");
        _inFlight = meter.CreateUpDownCounter<long>("ingestion.in_flight", "By", "Bytes of requests that are being validated or written.");
        _quality = meter.CreateGauge<double>("ingestion.quality.value", description: "What a data-quality rule's check measured, by source and rule.");
        _qualityFiring = meter.CreateGauge<int>("ingestion.quality.firing", description: "1 while a data-quality rule is broken, else 0.");
        _commitDuration = meter.CreateHistogram(
            "ingestion.commit.duration", "s", "Time to take the positions and commit a batch.", tags: null, advice: LatencyBuckets);
        _requestDuration = meter.CreateHistogram(
            "ingestion.batch.duration", "s", "Time from a batch's arrival to its durability.", tags: null, advice: LatencyBuckets);
    }

    public void RecordCommit(string source, AppendResult result, TimeSpan duration)
    {
        _commitDuration.Record(duration.TotalSeconds);
        Count(source, "accepted", result.Accepted);
        Count(source, "duplicate", result.Duplicates);
        Count(source, "dead_lettered", result.DeadLettered);
    }

    public void RecordBatch(TimeSpan duration) => _requestDuration.Record(duration.TotalSeconds);

    public void RecordRefused(string source, long rows) => Count(source, "refused", rows);

    public void RecordRead(string source, int events) => _read.Add(events, new KeyValuePair<string, object?>("source", source));

    public void RecordOverload() => _overloads.Add(1);

    public void RecordDeadlock() => _deadlocks.Add(1);

    public void RecordQuality(string source, string rule, double? value, bool isFiring)
    {
        var tags = new TagList { { "source", source }, { "rule", rule } };
        _qualityFiring.Record(isFiring ? 1 : 0, tags);
        if (value is { } measured)
        {
            _quality.Record(measured, tags);
        }
    }

    public void RecordInFlight(long bytes) => _inFlight.Add(bytes);

    // Tags are bounded: sources are declared, never made by an event.
    private void Count(string source, string outcome, long rows)
    {
        if (rows > 0)
        {
            _events.Add(rows, new("source", source), new("outcome", outcome));
        }
    }
}
