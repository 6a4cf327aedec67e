using System.Globalization;
using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Models;

namespace CloudNativeAi.Inference.OpenInference;

/// <summary>What clients may know of the server and its models, for both wires.</summary>
internal sealed class ModelDescriptions(ServedModels served, VersionPool pool, ExecutionProvider provider, InferenceEngine engine)
{
    public const string ServerName = "CloudNativeAi";

    // Triton's name for a model of this kind; its clients look at it.
    public const string Platform = "onnxruntime_onnx";

    public static readonly string ServerVersion = typeof(ModelDescriptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public static readonly string[] Extensions = ["parameters", "statistics"];

    /// <summary>Versions in memory, ascending.</summary>
    public IEnumerable<string> VersionsOf(string modelName) =>
        pool.Loaded.Where(model => model.ModelName == modelName).Select(model => model.Version).Order().Select(Invariant);

    public Dictionary<string, string> PropertiesOf(LoadedModel model)
    {
        var properties = new Dictionary<string, string>(model.Onnx.Properties, StringComparer.Ordinal)
        {
            ["digest"] = model.Digest,
            ["version"] = Invariant(model.Version),
            ["aliases"] = string.Join(',', AliasesOf(model)),
            ["execution_provider"] = provider.Name,
            ["execution_provider_fallback"] = provider.IsFallback ? "true" : "false",
            ["rows_share_a_run"] = model.IsBatched ? "true" : "false",
        };
        if (model.Encoder is { Signature: var signature })
        {
            properties["feature_service"] = signature.FeatureService;
            properties["threshold"] = signature.Threshold.ToString("R", CultureInfo.InvariantCulture);
            properties["feature_names"] = string.Join(',', signature.Features.Select(feature => feature.Name));
        }

        return properties;
    }

    public IEnumerable<string> AliasesOf(LoadedModel model) => served.AliasesOf(model);

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

    public IEnumerable<RepositoryIndexResponse.Types.ModelIndex> Index(bool readyOnly)
    {
        foreach (var model in pool.Loaded.OrderBy(model => (model.ModelName, model.Version)))
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
        }
    }

    private static ModelStatistics StatisticsOf(LoadedModel model)
    {
        var batches = model.Batches;
        var statistics = new ModelStatistics
        {
            Name = model.ModelName,
            Version = Invariant(model.Version),
            LastInference = (ulong)(model.LastInferenceMicros / 1_000),
            InferenceCount = (ulong)batches.InferenceCount,
            ExecutionCount = (ulong)batches.ExecutionCount,
            InferenceStats = new InferStatistics
            {
                Success = Duration(model.Predictions, TimeSpan.Zero),
                Fail = Duration(model.Failures, TimeSpan.Zero),
                Queue = Duration(batches.QueueTime.Count, batches.QueueTime.Total),
                ComputeInfer = Duration(batches.ExecutionCount, batches.ComputeTime),
            },
        };
        statistics.BatchStats.Add(batches.Batches.Select(batch => new InferBatchStatistics
        {
            BatchSize = (ulong)batch.Rows, ComputeInfer = Duration(batch.Count, batch.Total),
        }));
        return statistics;
    }

    private static StatisticDuration Duration(long count, TimeSpan total) => new() { Count = (ulong)count, Ns = (ulong)(total.Ticks * 100) };

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);
}
