using System.Globalization;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Batching;
using CloudNativeAi.Inference.Caching;
using CloudNativeAi.Inference.Ensembles;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>What clients may know of the server and its models, for both wires.</summary>
internal sealed class ModelDescriptions(ServedModels served, VersionPool pool, ExecutionProvider provider, InferenceEngine engine, ResponseCache cache, IOptions<ModelOptions> options)
{
    private const string ServerName = "CloudNativeAi";

    // Triton's names for models of these kinds; its clients look at them.
    private const string OnnxPlatform = "onnxruntime_onnx";
    private const string EnsemblePlatform = "ensemble";

    private static readonly string ServerVersion = typeof(ModelDescriptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    // Those that are served, under Triton's names.
    private static readonly string[] Extensions = ["classification", "model_repository", "model_configuration", "binary_tensor_data", "parameters", "statistics"];

    public static ServerMetadataResponse Server => new() { Name = ServerName, Version = ServerVersion, Extensions = { Extensions } };

    /// <param name="version">See <see cref="InferenceEngine.LeaseAsync"/>.</param>
    /// <exception cref="InferenceException">There is no such version, or it is not ready.</exception>
    public async Task<ModelMetadataResponse> MetadataAsync(string modelName, string version, CancellationToken cancellationToken)
    {
        using var lease = await engine.LeaseAsync(modelName, version, cancellationToken);
        var metadata = new ModelMetadataResponse { Name = lease.Model.ModelName, Platform = PlatformOf(lease.Model) };
        metadata.Versions.Add(VersionsOf(lease.Model.ModelName));
        metadata.Inputs.Add(lease.Model.Inputs.Select(Encode));
        metadata.Outputs.Add(lease.Model.Outputs.Select(Encode));
        metadata.Properties.Add(PropertiesOf(lease.Model));
        return metadata;
    }

    /// <param name="version">See <see cref="InferenceEngine.LeaseAsync"/>.</param>
    /// <exception cref="InferenceException">There is no such version, or it is not ready.</exception>
    public async Task<ModelConfig> ConfigAsync(string modelName, string version, CancellationToken cancellationToken)
    {
        using var lease = await engine.LeaseAsync(modelName, version, cancellationToken);
        var model = lease.Model;
        var config = new ModelConfig
        {
            Name = model.ModelName,
            Platform = PlatformOf(model),
            MaxBatchSize = model.IsBatched ? options.Value.MaxBatchSize : 0,
            ModelTransactionPolicy = new ModelTransactionPolicy { Decoupled = false },
            ResponseCache = new ModelResponseCache { Enable = model.Ensemble is null && cache.IsFor(model.ModelName) },
        };
        if (model.Batcher is not null)
        {
            DescribeRuns(model, model.Batcher.Settings, config);
        }

        if (model.Ensemble is not null)
        {
            config.EnsembleScheduling = new ModelEnsembling { Step = { model.Ensemble.Graph.Steps.Select(step => Encode(step, model.Ensemble.Graph)) } };
        }

        foreach (var info in model.Inputs)
        {
            var (dims, reshape) = DimsOf(info, model.IsBatched);
            config.Input.Add(new ModelInput { Name = info.Name, DataType = TypeOf(info.Datatype), Dims = { dims }, Reshape = reshape });
        }

        foreach (var info in model.Outputs)
        {
            var (dims, reshape) = DimsOf(info, model.IsBatched);
            config.Output.Add(new ModelOutput { Name = info.Name, DataType = TypeOf(info.Datatype), Dims = { dims }, Reshape = reshape });
        }

        return config;
    }

    // The dimension that counts rows is not among Triton's dims, which are never empty.
    private static (long[] Dims, ModelTensorReshape? Reshape) DimsOf(TensorInfo info, bool isBatched)
    {
        var dims = info.Shape[(isBatched ? 1 : 0)..];
        return dims.Length == 0 ? ([1], new ModelTensorReshape()) : (dims, null);
    }

    private void DescribeRuns(LoadedModel model, BatcherSettings settings, ModelConfig config)
    {
        config.Backend = "onnxruntime";
        config.DefaultModelFilename = Modeling.ModelFiles.Onnx;
        config.InstanceGroup.Add(new ModelInstanceGroup
        {
            Name = $"{model.ModelName}_0", Count = settings.Instances, Kind = provider.Name == "cpu" ? ModelInstanceGroup.Types.Kind.Cpu : ModelInstanceGroup.Types.Kind.Gpu,
        });
        if (model.IsBatched)
        {
            config.DynamicBatching = new ModelDynamicBatching
            {
                PriorityLevels = (ulong)settings.PriorityLevels,
                DefaultPriorityLevel = (ulong)settings.DefaultPriority,
                DefaultQueuePolicy = new ModelQueuePolicy { AllowTimeoutOverride = true, MaxQueueSize = (uint)settings.MaxQueueSize },
            };
        }
    }

    private static ModelEnsembling.Types.Step Encode(GraphStep step, EnsembleGraph graph)
    {
        var encoded = new ModelEnsembling.Types.Step
        {
            ModelName = step.ModelName,
            ModelVersion = int.TryParse(step.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1,
        };
        foreach (var (name, tensor) in step.Inputs)
        {
            encoded.InputMap.Add(name, graph.Tensors[tensor]);
        }

        foreach (var (name, tensor) in step.Outputs)
        {
            encoded.OutputMap.Add(name, graph.Tensors[tensor]);
        }

        return encoded;
    }

    private static string PlatformOf(LoadedModel model) => model.Ensemble is null ? OnnxPlatform : EnsemblePlatform;

    private Dictionary<string, string> PropertiesOf(LoadedModel model)
    {
        var properties = new Dictionary<string, string>(model.Properties, StringComparer.Ordinal)
        {
            ["digest"] = model.Digest,
            ["version"] = Invariant(model.Version),
            ["aliases"] = string.Join(',', served.AliasesOf(model)),
            ["execution_provider"] = provider.Name,
            ["execution_provider_fallback"] = provider.IsFallback ? "true" : "false",
            ["rows_share_a_run"] = model.IsBatched ? "true" : "false",
        };
        foreach (var (output, labels) in model.Outputs.Zip(model.Processing.ClassLabels).Where(output => output.Second is not null))
        {
            properties[$"class_labels.{output.Name}"] = string.Join(',', labels!);
        }

        if (model.Processing.Text is { } text)
        {
            properties["tokenizer"] = text.Type.ToString().ToLowerInvariant();
            properties["max_length"] = Invariant(text.MaxLength);
        }

        if (model.Encoder is { Signature: var signature })
        {
            properties["feature_service"] = signature.FeatureService;
            properties["threshold"] = signature.Threshold.ToString("R", CultureInfo.InvariantCulture);
            properties["feature_names"] = string.Join(',', signature.Features.Select(feature => feature.Name));
        }

        return properties;
    }

    /// <param name="modelName">Empty: all.</param>
    /// <param name="version">Empty: all that are in memory.</param>
    public async Task<IReadOnlyList<ModelStatistics>> StatisticsAsync(string modelName, string version, CancellationToken cancellationToken)
    {
        if (version.Length > 0)
        {
            using var lease = await engine.LeaseAsync(modelName, version, cancellationToken);
            return [StatisticsOf(lease.Model)];
        }

        if (modelName.Length > 0 && served.Find(modelName) is null)
        {
            throw new InferenceException(InferenceErrorKind.NotFound, $"Request for unknown model: '{modelName}' is not found");
        }

        return [.. pool.Loaded.Where(model => modelName.Length == 0 || model.ModelName == modelName).OrderBy(model => (model.ModelName, model.Version)).Select(StatisticsOf)];
    }

    /// <summary>What is loaded, what should be, and models of which nothing is.</summary>
    public IEnumerable<RepositoryIndexResponse.Types.ModelIndex> Index(bool readyOnly)
    {
        var loaded = pool.Loaded.OrderBy(model => (model.ModelName, model.Version)).ToList();
        foreach (var model in loaded)
        {
            yield return new RepositoryIndexResponse.Types.ModelIndex { Name = model.ModelName, Version = Invariant(model.Version), State = "READY" };
        }

        foreach (var model in served.All.Where(_ => !readyOnly).OrderBy(model => model.Name, StringComparer.Ordinal))
        {
            foreach (var (version, reason) in model.Pending.Values.Distinct())
            {
                yield return new RepositoryIndexResponse.Types.ModelIndex
                {
                    Name = model.Name, Version = Invariant(version), State = reason.Length == 0 ? "LOADING" : "UNAVAILABLE", Reason = reason,
                };
            }

            foreach (var slot in model.Aliases.Values.Distinct().Where(slot => slot.Loaded is null))
            {
                yield return new RepositoryIndexResponse.Types.ModelIndex { Name = model.Name, Version = Invariant(slot.Version), State = "UNAVAILABLE", Reason = ServedModels.MadeRoom };
            }

            if (model.Pending.IsEmpty && model.Aliases.IsEmpty && loaded.All(version => version.ModelName != model.Name))
            {
                yield return new RepositoryIndexResponse.Types.ModelIndex { Name = model.Name, State = "UNAVAILABLE", Reason = model.IsUnloaded ? "unloaded" : "no alias is set" };
            }
        }
    }

    /// <summary>Versions in memory, ascending.</summary>
    public IEnumerable<string> VersionsOf(string modelName) =>
        pool.Loaded.Where(model => model.ModelName == modelName).Select(model => model.Version).Order().Select(Invariant);

    private static ModelStatistics StatisticsOf(LoadedModel model)
    {
        var batches = model.Batches;
        var requests = batches.Requests;
        var statistics = new ModelStatistics
        {
            Name = model.ModelName,
            Version = Invariant(model.Version),
            LastInference = (ulong)(model.LastInferenceMicros / 1_000),
            InferenceCount = (ulong)batches.InferenceCount,
            ExecutionCount = (ulong)batches.ExecutionCount,
            InferenceStats = new InferStatistics
            {
                Success = Duration(model.Predictions, model.SuccessTime),
                Fail = Duration(model.Failures, model.FailureTime),
                Queue = Duration(batches.QueueTime.Count, batches.QueueTime.Total),
                ComputeInput = Duration(requests.Count, requests.Times.Input),
                ComputeInfer = Duration(requests.Count, requests.Times.Compute),
                ComputeOutput = Duration(requests.Count, requests.Times.Output),
                CacheHit = Duration(batches.CacheHits.Count, batches.CacheHits.Total),
                CacheMiss = Duration(batches.CacheMisses.Count, batches.CacheMisses.Total),
            },
        };
        statistics.BatchStats.Add(batches.Batches.Select(batch => new InferBatchStatistics
        {
            BatchSize = (ulong)batch.Rows,
            ComputeInput = Duration(batch.Count, batch.Times.Input),
            ComputeInfer = Duration(batch.Count, batch.Times.Compute),
            ComputeOutput = Duration(batch.Count, batch.Times.Output),
        }));
        return statistics;
    }

    private static ModelMetadataResponse.Types.TensorMetadata Encode(TensorInfo info) =>
        new() { Name = info.Name, Datatype = info.Datatype.ToName(), Shape = { info.Shape } };

    // Triton's configurations say STRING where its protocol says BYTES.
    private static DataType TypeOf(Datatype datatype) =>
        datatype == Datatype.Bytes ? DataType.TypeString : Enum.Parse<DataType>($"Type{datatype}", ignoreCase: true);

    private static StatisticDuration Duration(long count, TimeSpan total) => new() { Count = (ulong)count, Ns = (ulong)(total.Ticks * 100) };

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);
}
