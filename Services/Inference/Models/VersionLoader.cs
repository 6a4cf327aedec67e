using System.Text.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Makes a version ready to serve: files, session, signature checked against the session, warmed up.</summary>
internal sealed partial class VersionLoader(
    VersionCache cache, ExecutionProvider provider, InferenceMetrics metrics, IOptions<ModelOptions> options, TimeProvider timeProvider, ILogger<VersionLoader> logger)
{
    /// <exception cref="InferenceException">The version cannot be served; the message says why.</exception>
    public async Task<LoadedVersion> LoadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var started = timeProvider.GetTimestamp();
        var directory = await cache.FetchAsync(version, cancellationToken);
        try
        {
            var loaded = Open(version.ModelName, version.Version, version.Digest, directory);
            metrics.CountLoad(version.ModelName, succeeded: true);
            LogLoaded(version.ModelName, version.Version, timeProvider.GetElapsedTime(started).TotalMilliseconds);
            return loaded;
        }
        catch (InferenceException)
        {
            metrics.CountLoad(version.ModelName, succeeded: false);
            throw;
        }
    }

    public LoadedVersion Open(string modelName, int version, string digest, string directory)
    {
        var modelPath = Path.Combine(directory, ModelFiles.Onnx);
        if (!File.Exists(modelPath))
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"{modelName} version {version} has no {ModelFiles.Onnx}.");
        }

        var onnx = OnnxModel.Load(modelPath, provider, options.Value.IntraOpThreads);
        try
        {
            var signature = ReadSignature(Path.Combine(directory, ModelFiles.Signature));
            if (signature is not null)
            {
                CheckSignature(signature, onnx, modelName, version);
            }

            var isBatched = BatchProbe.IsBatched(onnx, out var failure);
            if (failure is not null && signature is not null)
            {
                throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"{modelName} version {version} cannot be run: {failure}");
            }

            var observer = new BatchObserver(modelName, version, metrics);
            var instances = options.Value.Instances > 0 ? options.Value.Instances : Math.Max(1, Environment.ProcessorCount / options.Value.IntraOpThreads);
            var settings = new BatcherSettings(instances, isBatched ? options.Value.MaxBatchSize : 1, options.Value.MaxQueueSize);
            return new LoadedVersion(
                modelName, version, digest, onnx, new Batcher(settings, onnx.Run, observer, timeProvider), observer, signature, new RecentLatencies(timeProvider), timeProvider);
        }
        catch
        {
            onnx.Dispose();
            throw;
        }
    }

    private static ModelSignature? ReadSignature(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return ModelSignature.Parse(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is JsonException or ExpressionException)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"{ModelFiles.Signature} cannot be used: {exception.Message}", exception);
        }
    }

    private static void CheckSignature(ModelSignature signature, OnnxModel onnx, string modelName, int version)
    {
        foreach (var (declared, actual, kind) in signature.Inputs.Select(input => (input, onnx.Inputs, "input")).Concat(signature.Outputs.Select(output => (output, onnx.Outputs, "output"))))
        {
            var found = actual.FirstOrDefault(tensor => tensor.Name == declared.Name)
                ?? throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"{modelName} version {version}: the signature's {kind} '{declared.Name}' is not in the ONNX graph.");
            if (found.Datatype.ToName() != declared.Datatype || !Shapes.Fits(found.Shape, [.. declared.Shape.Select(dimension => dimension < 0 ? found.Shape.FirstOrDefault(-1) : dimension)]))
            {
                throw new InferenceException(
                    InferenceErrorKind.FailedPrecondition,
                    $"{modelName} version {version}: the signature says {declared.Datatype} {Shapes.Format([.. declared.Shape])} for '{declared.Name}', the ONNX graph {found.Datatype.ToName()} {Shapes.Format(found.Shape)}.");
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Loaded {Model} version {Version} in {Milliseconds:F0} ms")]
    private partial void LogLoaded(string model, int version, double milliseconds);
}
