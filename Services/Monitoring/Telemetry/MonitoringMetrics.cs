using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CloudNativeAi.Monitoring.Drift;
using CloudNativeAi.Monitoring.Performance;

namespace CloudNativeAi.Monitoring.Telemetry;

internal sealed class MonitoringMetrics
{
    public const string MeterName = "CloudNativeAi.Monitoring";

    private readonly Counter<long> _predictions;
    private readonly Counter<long> _labels;
    private readonly Counter<long> _alerts;
    private readonly Counter<long> _retrainRequests;
    private readonly Counter<long> _evaluationFailures;
    private readonly Histogram<double> _evaluationDuration;
    private readonly ConcurrentDictionary<ModelVersionKey, IReadOnlyList<DriftFigure>> _drift = new();
    private readonly ConcurrentDictionary<ModelVersionKey, PerformanceFigures> _performance = new();

    public MonitoringMetrics(IMeterFactory meterFactory)
    {
        var meter = meterFactory.Create(MeterName);
        _predictions = meter.CreateCounter<long>("monitoring.predictions", "{prediction}", "Predictions received, by result.");
        _labels = meter.CreateCounter<long>("monitoring.labels", "{label}", "Labels received, by result.");
        _alerts = meter.CreateCounter<long>("monitoring.alerts", "{alert}", "Alerts raised.");
        _retrainRequests = meter.CreateCounter<long>("monitoring.retrain_requests", "{request}", "Retrain requests, by state.");
        _evaluationFailures = meter.CreateCounter<long>("monitoring.evaluation.failures", "{round}", "Evaluation rounds that failed and are tried again.");
        _evaluationDuration = meter.CreateHistogram<double>("monitoring.evaluation.duration", "s", "Time of an evaluation round that found work.");
        meter.CreateObservableGauge("monitoring.drift.psi", ObserveDrift, "1", "Population stability index of the newest predictions against the baseline.");
        meter.CreateObservableGauge("monitoring.performance.auc", ObserveAreaUnderCurve, "1", "Area under the ROC curve of the newest labelled predictions.");
    }

    public void RecordPredictions(long accepted, long duplicates, long expired)
    {
        AddIfAny(_predictions, accepted, "accepted");
        AddIfAny(_predictions, duplicates, "duplicate");
        AddIfAny(_predictions, expired, "expired");
    }

    public void RecordLabels(long accepted, long duplicates, long joined)
    {
        AddIfAny(_labels, accepted, "accepted");
        AddIfAny(_labels, duplicates, "duplicate");
        AddIfAny(_labels, joined, "joined");
    }

    public void RecordAlert(string modelName, string kind) =>
        _alerts.Add(1, new KeyValuePair<string, object?>("model.name", modelName), new KeyValuePair<string, object?>("kind", kind));

    public void RecordRetrainRequest(string modelName, string state) =>
        _retrainRequests.Add(1, new KeyValuePair<string, object?>("model.name", modelName), new KeyValuePair<string, object?>("state", state));

    public void RecordEvaluation(TimeSpan duration) => _evaluationDuration.Record(duration.TotalSeconds);

    public void RecordEvaluationFailure() => _evaluationFailures.Add(1);

    public void SetDrift(ModelVersionKey version, IReadOnlyList<DriftFigure> scores)
    {
        _drift[version] = scores;
        KeepNewest(_drift, version.ModelName);
    }

    public void SetPerformance(ModelVersionKey version, PerformanceFigures figures)
    {
        _performance[version] = figures;
        KeepNewest(_performance, version.ModelName);
    }

    // A model's series must not grow with its versions: four are champion, challenger and the two before them.
    private static void KeepNewest<T>(ConcurrentDictionary<ModelVersionKey, T> figures, string modelName)
    {
        foreach (var old in figures.Keys.Where(key => key.ModelName == modelName).OrderByDescending(key => key.Version).Skip(4))
        {
            figures.TryRemove(old, out _);
        }
    }

    private static void AddIfAny(Counter<long> counter, long count, string result)
    {
        if (count > 0)
        {
            counter.Add(count, new KeyValuePair<string, object?>("result", result));
        }
    }

    private IEnumerable<Measurement<double>> ObserveDrift() =>
        from version in _drift
        from score in version.Value
        select new Measurement<double>(
            score.Psi,
            new("model.name", version.Key.ModelName), new("model.version", version.Key.Version), new("feature", score.Name));

    private IEnumerable<Measurement<double>> ObserveAreaUnderCurve() =>
        from version in _performance
        where double.IsFinite(version.Value.AreaUnderCurve.Value)
        select new Measurement<double>(
            version.Value.AreaUnderCurve.Value,
            new("model.name", version.Key.ModelName), new("model.version", version.Key.Version));
}
