using System.Diagnostics.Metrics;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Models;

namespace CloudNativeAi.Inference.Telemetry;

/// <summary>
/// The counts of every version in memory under Triton's names, so that its dashboards work. They are read from the same
/// counts as ModelStatistics when metrics are collected, and cost requests nothing.
/// </summary>
internal sealed class TritonMetrics
{
    private readonly VersionPool _pool;

    public TritonMetrics(IMeterFactory meterFactory, VersionPool pool)
    {
        _pool = pool;
        var meter = meterFactory.Create($"{InferenceMetrics.MeterName}.Triton");
        // As gauges: the exporter puts _total behind the names of counters, which Triton's do not have.
        Observe(meter, "nv_inference_request_success", "Requests that succeeded, all batch sizes.", model => model.Predictions);
        Observe(meter, "nv_inference_count", "Rows that were run.", model => model.Batches.InferenceCount);
        Observe(meter, "nv_inference_exec_count", "Runs.", model => model.Batches.ExecutionCount);
        Observe(meter, "nv_inference_request_duration_us", "From request to answer, microseconds, summed.", model => Microseconds(model.SuccessTime));
        Observe(meter, "nv_inference_queue_duration_us", "Waiting for a free instance, microseconds, summed.", model => Microseconds(model.Batches.QueueTime.Total));
        Observe(meter, "nv_inference_compute_input_duration_us", "Joining rows, microseconds, summed over requests.", model => Microseconds(model.Batches.Requests.Times.Input));
        Observe(meter, "nv_inference_compute_infer_duration_us", "Running the model, microseconds, summed over requests.", model => Microseconds(model.Batches.Requests.Times.Compute));
        Observe(meter, "nv_inference_compute_output_duration_us", "Parting rows, microseconds, summed over requests.", model => Microseconds(model.Batches.Requests.Times.Output));
        Observe(meter, "nv_inference_pending_request_count", "Requests that wait for a free instance.", model => model.Batcher?.QueueLength ?? 0);
        Observe(meter, "nv_cache_num_hits_per_model", "Requests answered from the response cache.", model => model.Batches.CacheHits.Count);
        Observe(meter, "nv_cache_num_misses_per_model", "Requests looked for in the response cache in vain.", model => model.Batches.CacheMisses.Count);
        meter.CreateObservableGauge("nv_inference_request_failure", Failures, unit: null, "Requests that failed, by reason.");
    }

    private void Observe(Meter meter, string name, string description, Func<LoadedModel, long> read) =>
        meter.CreateObservableGauge(name, () => _pool.Loaded.Select(model => new Measurement<long>(read(model), Labels(model))), unit: null, description);

    private IEnumerable<Measurement<long>> Failures()
    {
        foreach (var model in _pool.Loaded)
        {
            var rejected = model.Batches.RejectedFor(RejectionReason.QueueFull) + model.Batches.RejectedFor(RejectionReason.Expired);
            var cancelled = model.Batches.RejectedFor(RejectionReason.Cancelled);
            yield return new Measurement<long>(rejected, [.. Labels(model), new("reason", "REJECTED")]);
            yield return new Measurement<long>(cancelled, [.. Labels(model), new("reason", "CANCELED")]);
            yield return new Measurement<long>(Math.Max(0, model.Failures - rejected - cancelled), [.. Labels(model), new("reason", "OTHER")]);
        }
    }

    private static KeyValuePair<string, object?>[] Labels(LoadedModel model) =>
        [new("model", model.ModelName), new("version", model.Version.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    private static long Microseconds(TimeSpan duration) => duration.Ticks / TimeSpan.TicksPerMicrosecond;
}
