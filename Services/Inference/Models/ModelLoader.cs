using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.Modeling;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Models;

/// <summary>Makes a served version of the files: session, signature, warm-up.</summary>
internal sealed partial class ModelLoader(
    ExecutionProvider provider, IOptions<ModelOptions> options, InferenceMetrics metrics, TimeProvider timeProvider, ILogger<ModelLoader> logger)
{
    /// <exception cref="InferenceException">The version cannot be served.</exception>
    public LoadedModel Load(CachedVersion version)
    {
        try
        {
            var loaded = LoadCore(version);
            metrics.CountLoad(version.ModelName, succeeded: true);
            LogLoaded(version.ModelName, version.Version, version.Digest, provider.Name, loaded.IsBatched);
            return loaded;
        }
        catch (InferenceException)
        {
            metrics.CountLoad(version.ModelName, succeeded: false);
            throw;
        }
    }

    private LoadedModel LoadCore(CachedVersion version)
    {
        var onnx = OnnxModel.Load(Path.Combine(version.Directory, ModelFiles.Onnx), provider, options.Value.IntraOpThreads);
        try
        {
            var processing = ModelProcessing.Read(version.Directory, onnx);
            var isBatched = BatchProbe.IsBatched(onnx, processing.Text, out var failure);
            if (failure is not null)
            {
                if (processing.Encoder is not null || processing.Text is not null)
                {
                    throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The model fails on a made-up row: {failure}");
                }

                LogNotWarmedUp(version.ModelName, version.Version, failure);
            }

            if (processing.Text is not null)
            {
                BatchProbe.CheckTokens(onnx, processing.Text);
            }

            var observer = new BatchObserver(version.ModelName, version.Version, metrics, timeProvider);
            var trees = provider.IsCpu ? TreeRunner.TryCreate(Path.Combine(version.Directory, ModelFiles.Onnx), onnx) : null;
            if (trees is not null)
            {
                LogTrees(version.ModelName, version.Version);
            }

            var settings = SettingsOf(isBatched) with { RunsAtOnce = trees is not null };
            var batcher = new Batcher(settings, trees is null ? onnx.Run : trees.Run, observer, timeProvider, RunScheduler.ThreadPool);
            return new LoadedModel(
                version, onnx, processing, TreeExplainer.Read(version.Directory), batcher, observer, new RecentLatencies(timeProvider), isBatched, timeProvider.UnixMicroseconds());
        }
        catch
        {
            onnx.Dispose();
            throw;
        }
    }

    private BatcherSettings SettingsOf(bool isBatched) => new(Instances(), isBatched ? options.Value.MaxBatchSize : 1, options.Value.MaxQueueSize)
    {
        MaxJoinedRows = options.Value.MaxJoinedRows,
        PriorityLevels = options.Value.PriorityLevels,
        DefaultPriority = options.Value.DefaultPriority,
        PriorityAgeing = options.Value.PriorityAgeing,
    };

    private int Instances() => options.Value.Instances > 0
        ? options.Value.Instances
        : Math.Max(1, Environment.ProcessorCount / options.Value.IntraOpThreads);

    [LoggerMessage(LogLevel.Information, "Loaded model {ModelName} version {Version} ({Digest}) on {Provider}, rows share a run: {IsBatched}")]
    private partial void LogLoaded(string modelName, int version, string digest, string provider, bool isBatched);

    [LoggerMessage(LogLevel.Information, "Model {ModelName} version {Version} is boosted trees and scores as they do, so it runs without ONNX Runtime and its requests at once")]
    private partial void LogTrees(string modelName, int version);

    [LoggerMessage(LogLevel.Information, "Model {ModelName} version {Version} could not be warmed up on made-up values ({Reason}); its requests run one at a time")]
    private partial void LogNotWarmedUp(string modelName, int version, string reason);
}
