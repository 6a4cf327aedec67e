using System.Diagnostics;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Caching;
using CloudNativeAi.Inference.Ensembles;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tokenization;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>The one path of tensors through a model, behind every protocol.</summary>
internal sealed class InferenceEngine(ServedModels served, ResponseCache cache, InferenceMetrics metrics, IOptions<ModelOptions> options, TimeProvider timeProvider)
{
    private readonly int _maxBatchSize = options.Value.MaxBatchSize;

    /// <param name="version">Empty: the champion. Else a number, or an alias.</param>
    /// <exception cref="InferenceException">The request is refused.</exception>
    public async ValueTask<InferAnswer> InferAsync(string modelName, string version, InferCall call, CancellationToken cancellationToken)
    {
        using var lease = await LeaseAsync(modelName, version, cancellationToken);
        return await InferAsync(lease.Model, call, cancellationToken);
    }

    /// <param name="model">Leased by the caller until the answer is there.</param>
    /// <exception cref="InferenceException">The request is refused.</exception>
    public async ValueTask<InferAnswer> InferAsync(LoadedModel model, InferCall call, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var succeeded = false;
        using var activity = InferenceMetrics.Activities.StartActivity("infer");
        activity?.SetTag("model.name", model.ModelName).SetTag("model.version", model.Version);
        try
        {
            var inputs = InputBinding.Bind(model, call.Inputs, _maxBatchSize, out var rows);
            var outputs = InputBinding.BindOutputs(model, call.Outputs);
            if (model.Processing.Text is { } text)
            {
                inputs = Tokenize(text, inputs);
            }

            var answer = await RunAsync(model, inputs, outputs, rows, call, cancellationToken);
            for (var i = 0; i < call.Outputs.Count; i++)
            {
                if (call.Outputs[i].Classification is > 0 and var count)
                {
                    answer[i] = Classification.Top(answer[i], count, model.IsBatched, model.Processing.ClassLabels[outputs[i]]);
                }
            }

            succeeded = true;
            return new InferAnswer(model.ModelName, model.Version, answer);
        }
        finally
        {
            var duration = timeProvider.GetElapsedTime(started);
            metrics.RecordRequest(model.Batches.Tags, succeeded, duration);
            if (succeeded)
            {
                model.Succeeded(duration, timeProvider.UnixMicroseconds());
            }
            else
            {
                model.Failed(duration);
                activity?.SetStatus(ActivityStatusCode.Error);
            }
        }
    }

    private Tensor[] Tokenize(TextEncoder text, Tensor[] inputs)
    {
        using var activity = InferenceMetrics.Activities.StartActivity("tokenize");
        return text.Encode(inputs, _maxBatchSize);
    }

    private ValueTask<Tensor[]> RunAsync(LoadedModel model, Tensor[] inputs, int[] outputs, long rows, InferCall call, CancellationToken cancellationToken)
    {
        // Not cached: what its steps are may change while it is the same. They may be.
        if (model.Ensemble is not null)
        {
            return RunEnsembleAsync(model, inputs, outputs, rows, call, cancellationToken);
        }

        return cache.IsFor(model.ModelName)
            ? RunCachedAsync(model, inputs, outputs, rows, call.Queueing, cancellationToken)
            : model.Batcher!.RunAsync(inputs, outputs, rows, call.Queueing, cancellationToken);
    }

    private async ValueTask<Tensor[]> RunEnsembleAsync(LoadedModel model, Tensor[] inputs, int[] outputs, long rows, InferCall call, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var answer = await new EnsembleRun(InferAsync, model.ModelName, model.Ensemble!.Graph, call).RunAsync(inputs, outputs, cancellationToken);
        model.Batches.Queued(TimeSpan.Zero);
        model.Batches.Ran(rows, requests: 1, new RunTimes(TimeSpan.Zero, timeProvider.GetElapsedTime(started), TimeSpan.Zero));
        return answer;
    }

    private async ValueTask<Tensor[]> RunCachedAsync(LoadedModel model, Tensor[] inputs, int[] outputs, long rows, Queueing queueing, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var kept = cache.Find(model, inputs, outputs);
        var lookUp = timeProvider.GetElapsedTime(started);
        if (kept is not null)
        {
            model.Batches.CacheHits.Add(lookUp);
            return kept;
        }

        var answer = await model.Batcher!.RunAsync(inputs, outputs, rows, queueing, cancellationToken);
        started = timeProvider.GetTimestamp();
        cache.Add(model, inputs, outputs, answer);
        model.Batches.CacheMisses.Add(lookUp + timeProvider.GetElapsedTime(started));
        return answer;
    }

    /// <param name="version">Empty: the champion. Else a number, or an alias.</param>
    public ValueTask<ModelLease> LeaseAsync(string modelName, string version, CancellationToken cancellationToken) =>
        served.LeaseAsync(modelName, version, cancellationToken);

    /// <summary>Whether the version (see <see cref="LeaseAsync"/>) can be asked; one named by number is loaded for it.</summary>
    public async ValueTask<bool> IsReadyAsync(string modelName, string version, CancellationToken cancellationToken)
    {
        try
        {
            using var lease = await LeaseAsync(modelName, version, cancellationToken);
            return true;
        }
        catch (InferenceException)
        {
            return false;
        }
    }
}
