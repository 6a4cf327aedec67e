using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CloudNativeAi.Training.Telemetry;

internal sealed class TrainingMetrics
{
    public const string MeterName = "CloudNativeAi.Training";

    public static readonly ActivitySource Activities = new(MeterName);

    private static readonly InstrumentAdvice<double> JobBuckets = new()
    {
        HistogramBucketBoundaries = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400],
    };

    private readonly Histogram<double> _jobDuration;
    private readonly Counter<long> _rows;

    public TrainingMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _jobDuration = meter.CreateHistogram(
            "training.job.duration", unit: "s", description: "Time from taking a job to its end.", tags: null, advice: JobBuckets);
        _rows = meter.CreateCounter<long>("training.rows", unit: "{row}", description: "Labelled rows read from training sets.");
    }

    public void RecordJob(string kind, string end, TimeSpan duration) =>
        _jobDuration.Record(duration.TotalSeconds, new TagList { { "job.kind", kind }, { "job.end", end } });

    public void RecordRows(long rows) => _rows.Add(rows);
}
