using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CloudNativeAi.Inference.Telemetry;

/// <summary>What an operator asks of inference. Tags are bounded: never an entity key, never a prediction id.</summary>
internal sealed class InferenceMetrics
{
    public const string MeterName = "CloudNativeAi.Inference";

    public static readonly ActivitySource Activities = new(MeterName);

    private static readonly InstrumentAdvice<double> LatencyBuckets = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<long> BatchBuckets = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
    };

    private readonly Meter _meter;
    private readonly Histogram<double> _predictionDuration;
    private readonly Histogram<double> _requestDuration;
    private readonly Histogram<double> _queueDuration;
    private readonly Histogram<double> _computeDuration;
    private readonly Histogram<long> _batchSize;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _loads;
    private readonly Counter<long> _unlogged;
    private readonly Counter<long> _refusedByMonitoring;
    private readonly Counter<long> _shadows;

    public InferenceMetrics(IMeterFactory meterFactory)
    {
        _meter = meterFactory.Create(MeterName);
        _predictionDuration = Duration("inference.prediction.duration", "Time from request to score by entity key, feature look-up and log included.");
        _requestDuration = Duration("inference.request.duration", "Time of an inference request on tensors.");
        _queueDuration = Duration("inference.queue.duration", "Time a request waited for a free instance of its model.");
        _computeDuration = Duration("inference.compute.duration", "Time of one run of a model.");
        _batchSize = _meter.CreateHistogram("inference.batch.size", unit: "{row}", description: "Rows of one run.", tags: null, advice: BatchBuckets);
        _rejected = _meter.CreateCounter<long>("inference.rejected", "{request}", "Requests that were never run, by reason: queue_full, cancelled, expired.");
        _loads = _meter.CreateCounter<long>("inference.model.loads", "{load}", "Model versions loaded or refused, by outcome.");
        _unlogged = _meter.CreateCounter<long>("inference.prediction_log.dropped", "{prediction}", "Predictions answered without being logged, because the spool was full or could not be written.");
        _refusedByMonitoring = _meter.CreateCounter<long>("inference.prediction_log.refused", "{prediction}", "Predictions that Monitoring refused for good; they are in the spool's refused.log.");
        _shadows = _meter.CreateCounter<long>("inference.shadow", "{prediction}", "Mirrored predictions, by outcome: done, failed, dropped.");
    }

    public void RecordPrediction(string modelName, int version, string role, TimeSpan duration) =>
        _predictionDuration.Record(duration.TotalSeconds, new TagList { { "model.name", modelName }, { "model.version", version }, { "model.role", role } });

    public void RecordRequest(ModelTags model, bool succeeded, TimeSpan duration) =>
        _requestDuration.Record(duration.TotalSeconds, succeeded ? model.Success : model.Failure);

    public void RecordQueue(ModelTags model, TimeSpan duration) => _queueDuration.Record(duration.TotalSeconds, model.All);

    public void RecordRun(ModelTags model, long rows, TimeSpan duration)
    {
        _computeDuration.Record(duration.TotalSeconds, model.All);
        _batchSize.Record(rows, model.All);
    }

    public void CountRejected(string modelName, string reason) =>
        _rejected.Add(1, new TagList { { "model.name", modelName }, { "reason", reason } });

    public void CountLoad(string modelName, bool succeeded) =>
        _loads.Add(1, new TagList { { "model.name", modelName }, { "outcome", succeeded ? "loaded" : "refused" } });

    public void CountUnlogged(long count) => _unlogged.Add(count);

    public void CountRefusedByMonitoring(long count) => _refusedByMonitoring.Add(count);

    public void CountShadow(string outcome) => _shadows.Add(1, new TagList { { "outcome", outcome } });

    public void ObserveExecutionProvider(string name, bool isFallback) =>
        _meter.CreateObservableGauge(
            "inference.execution_provider", () => new Measurement<int>(1, [new("name", name), new("fallback", isFallback)]), description: "What models run on.");

    public void ObserveSpool(Func<long> predictions, Func<long> bytes)
    {
        _meter.CreateObservableGauge("inference.prediction_log.spooled", predictions, "{prediction}", "Predictions waiting for Monitoring.");
        _meter.CreateObservableGauge("inference.prediction_log.spool_size", bytes, "By", "Size of the spool on disk.");
    }

    public void ObserveLoadedVersions(Func<int> versions) =>
        _meter.CreateObservableGauge("inference.model.loaded", versions, "{version}", "Model versions in memory.");

    public void ObserveModelMemory(Func<long> reserved, Func<long> budget)
    {
        _meter.CreateObservableGauge("inference.model.memory", reserved, "By", "Memory of the model versions, estimated from the size of their files.");
        _meter.CreateObservableGauge("inference.model.memory_budget", budget, "By", "What the model versions may take together.");
    }

    private Histogram<double> Duration(string name, string description) =>
        _meter.CreateHistogram(name, unit: "s", description: description, tags: null, advice: LatencyBuckets);
}
