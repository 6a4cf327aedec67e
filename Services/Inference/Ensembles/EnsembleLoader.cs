using System.Collections.Frozen;
using System.Text.Json;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Ensembles;

/// <summary>Makes a served version of an ensemble.json, checked against the models that are served now.</summary>
/// <param name="served">Late: what is served is made of what is loaded.</param>
internal sealed partial class EnsembleLoader(Lazy<ServedModels> served, InferenceMetrics metrics, TimeProvider timeProvider, ILogger<EnsembleLoader> logger)
{
    // How long a step may still be loading, as at start. Two ensembles may wait for each other; both then give up, and are tried again.
    private static readonly TimeSpan StepPatience = TimeSpan.FromSeconds(10);

    public static bool IsEnsemble(CachedVersion version) => File.Exists(Path.Combine(version.Directory, ModelFiles.Ensemble));

    /// <exception cref="InferenceException">The document is wrong, does not fit its steps' models, or one of them is not served.</exception>
    public async Task<LoadedModel> LoadAsync(CachedVersion version, CancellationToken cancellationToken)
    {
        try
        {
            var loaded = await LoadCoreAsync(version, cancellationToken);
            metrics.CountLoad(version.ModelName, succeeded: true);
            LogLoaded(version.ModelName, version.Version, version.Digest, loaded.Ensemble!.Graph.Steps.Count);
            return loaded;
        }
        catch (InferenceException)
        {
            metrics.CountLoad(version.ModelName, succeeded: false);
            throw;
        }
    }

    private async Task<LoadedModel> LoadCoreAsync(CachedVersion version, CancellationToken cancellationToken)
    {
        var graph = Read(version);
        if (graph.Steps.FirstOrDefault(step => step.ModelName == version.ModelName) is { } itself)
        {
            throw EnsembleCheck.Circle(itself, version.ModelName);
        }

        List<ModelLease> leases = [];
        try
        {
            foreach (var step in graph.Steps)
            {
                leases.Add(await LeaseAsync(step, cancellationToken));
            }

            LoadedModel[] models = [.. leases.Select(lease => lease.Model)];
            var isBatched = EnsembleCheck.Run(version.ModelName, graph, models);
            var ensemble = new LoadedEnsemble(
                graph, models.Select(model => model.ModelName).Concat(models.SelectMany(model => model.Ensemble?.ModelNames ?? [])).ToFrozenSet(StringComparer.Ordinal),
                1 + models.Max(model => model.Ensemble?.Nesting ?? 0));
            return new LoadedModel(
                version, onnx: null, new ModelProcessing(null, graph.ClassLabels), TreeExplainer.Read(version.Directory), batcher: null,
                new BatchObserver(version.ModelName, version.Version, metrics, timeProvider), new RecentLatencies(timeProvider), isBatched, timeProvider.UnixMicroseconds(), ensemble);
        }
        finally
        {
            leases.ForEach(lease => lease.Dispose());
        }
    }

    private static EnsembleGraph Read(CachedVersion version)
    {
        if (File.Exists(Path.Combine(version.Directory, ModelFiles.Onnx)))
        {
            throw EnsembleGraph.Refused($"the version has {ModelFiles.Onnx} beside it; it is either a model or an ensemble");
        }

        try
        {
            return EnsembleGraph.Create(EnsembleSignature.Parse(File.ReadAllBytes(Path.Combine(version.Directory, ModelFiles.Ensemble))));
        }
        catch (JsonException exception)
        {
            throw EnsembleGraph.Refused(exception.Message.TrimEnd('.'), exception);
        }
    }

    private async Task<ModelLease> LeaseAsync(GraphStep step, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(StepPatience, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            while (true)
            {
                var changed = served.Value.Changed;
                try
                {
                    return await served.Value.LeaseAsync(step.ModelName, step.Version, either.Token);
                }
                catch (InferenceException) when (served.Value.IsLoading(step.ModelName))
                {
                    await changed.WaitAsync(either.Token);
                }
            }
        }
        catch (InferenceException exception)
        {
            throw EnsembleGraph.Refused($"{step} must be served before it: {exception.Message}", exception);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw EnsembleGraph.Refused($"{step} must be served before it, and is still being loaded");
        }
    }

    [LoggerMessage(LogLevel.Information, "Loaded ensemble {ModelName} version {Version} ({Digest}) of {Steps} steps")]
    private partial void LogLoaded(string modelName, int version, string digest, int steps);
}
