using CloudNativeAi.Contracts.Inference;

namespace CloudNativeAi.Web.Live;

/// <summary>Several replicas of Inference as one: counts and memory are summed, histograms bin by bin, and quantiles are those of all requests together.</summary>
public static class ServingSum
{
    // Of one version on several replicas: what an operator should know first.
    private static readonly string[] States = ["UNAVAILABLE", "LOADING", "READY", "UNLOADED"];

    /// <param name="replicas">Those that answered; at least one.</param>
    public static GetServingStatusResponse Of(IReadOnlyList<GetServingStatusResponse> replicas) => replicas.Count == 1
        ? replicas[0]
        : new GetServingStatusResponse
        {
            SpooledPredictions = replicas.Sum(replica => replica.SpooledPredictions),
            ExecutionProvider = string.Join(", ", replicas.Select(replica => replica.ExecutionProvider).Distinct().Order(StringComparer.Ordinal)),
            ExecutionProviderFallback = replicas.Any(replica => replica.ExecutionProviderFallback),
            Replica = string.Join(", ", replicas.Select(replica => replica.Replica)),
            StartedMicros = replicas.Min(replica => replica.StartedMicros),
            ModelMemoryBytes = replicas.Sum(replica => replica.ModelMemoryBytes),
            MemoryBudgetBytes = replicas.Sum(replica => replica.MemoryBudgetBytes),
            ProcessMemoryBytes = replicas.Sum(replica => replica.ProcessMemoryBytes),
            Models =
            {
                replicas.SelectMany(replica => replica.Models).GroupBy(model => (model.ModelName, model.Version))
                    .OrderBy(group => group.Key.ModelName, StringComparer.Ordinal).ThenBy(group => group.Key.Version)
                    .Select(group => Of([.. group])),
            },
            Traffic = { replicas.SelectMany(replica => replica.Traffic).DistinctBy(traffic => traffic.ModelName) },
        };

    private static ServedModel Of(IReadOnlyList<ServedModel> models)
    {
        var state = States.FirstOrDefault(state => models.Any(model => model.State == state)) ?? models[0].State;
        var total = LatencyHistogram.Sum(models.Select(model => model.Total));
        return new ServedModel
        {
            ModelName = models[0].ModelName,
            Version = models[0].Version,
            Digest = models.Max(model => model.Digest),
            Aliases = { models.SelectMany(model => model.Aliases).Distinct().Order(StringComparer.Ordinal) },
            State = state,
            Reason = models.First(model => model.State == state).Reason,
            LoadedMicros = models.Where(model => model.LoadedMicros > 0).Select(model => model.LoadedMicros).DefaultIfEmpty().Min(),
            LastAnswerMicros = models.Max(model => model.LastAnswerMicros),
            Predictions = models.Sum(model => model.Predictions),
            Failures = models.Sum(model => model.Failures),
            PredictionsPerSecond = models.Sum(model => model.PredictionsPerSecond),
            LatencyP50Seconds = total.Quantile(0.5),
            LatencyP95Seconds = total.Quantile(0.95),
            LatencyP99Seconds = total.Quantile(0.99),
            Total = total,
            Queue = LatencyHistogram.Sum(models.Select(model => model.Queue)),
            Compute = LatencyHistogram.Sum(models.Select(model => model.Compute)),
            Instances = models.Sum(model => model.Instances),
            BusyInstances = models.Sum(model => model.BusyInstances),
            MemoryBytes = models.Sum(model => model.MemoryBytes),
            QueueLength = models.Sum(model => model.QueueLength),
            MaxQueueLength = models.Sum(model => model.MaxQueueLength),
            MaxBatchSize = models.Max(model => model.MaxBatchSize),
            Rows = models.Sum(model => model.Rows),
            Runs = models.Sum(model => model.Runs),
            Batches =
            {
                models.SelectMany(model => model.Batches).GroupBy(batch => batch.Rows).OrderBy(group => group.Key)
                    .Select(group => new BatchCount { Rows = group.Key, Runs = group.Sum(batch => batch.Runs) }),
            },
            Shed = models.Sum(model => model.Shed),
            Expired = models.Sum(model => model.Expired),
            Cancelled = models.Sum(model => model.Cancelled),
            CacheHits = models.Sum(model => model.CacheHits),
            CacheMisses = models.Sum(model => model.CacheMisses),
        };
    }
}
