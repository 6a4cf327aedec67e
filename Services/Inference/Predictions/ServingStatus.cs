using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.PredictionLog;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>What is served, how fast, and what waits.</summary>
internal sealed class ServingStatus(ServedModels served, VersionPool pool, PredictionSpool spool, ExecutionProvider provider)
{
    private const double WindowSeconds = 60;

    public GetServingStatusResponse Read()
    {
        var response = new GetServingStatusResponse { SpooledPredictions = spool.SpooledPredictions, ExecutionProvider = provider.Name };
        response.Models.Add(pool.Loaded.Select(Describe));
        foreach (var model in served.All)
        {
            // Versions that aliases should point to; the ones they point to meanwhile are among the loaded.
            foreach (var group in model.Pending.GroupBy(pending => pending.Value))
            {
                var waiting = new Contracts.Inference.ServedModel
                {
                    ModelName = model.Name, Version = group.Key.Version, Reason = group.Key.Reason, State = group.Key.Reason.Length == 0 ? "LOADING" : "UNAVAILABLE",
                    LatencyP50Seconds = double.NaN, LatencyP99Seconds = double.NaN,
                };
                waiting.Aliases.Add(group.Select(pending => pending.Key).Order(StringComparer.Ordinal));
                response.Models.Add(waiting);
            }
        }

        var ordered = response.Models.OrderBy(model => model.ModelName, StringComparer.Ordinal).ThenBy(model => model.Version).ToList();
        response.Models.Clear();
        response.Models.Add(ordered);
        return response;
    }

    private Contracts.Inference.ServedModel Describe(LoadedModel model)
    {
        var (count, median, p99) = model.Latencies.Read();
        var described = new Contracts.Inference.ServedModel
        {
            ModelName = model.ModelName,
            Version = model.Version,
            Digest = model.Digest,
            State = "READY",
            LoadedMicros = model.LoadedMicros,
            Predictions = model.Predictions,
            Failures = model.Failures,
            LatencyP50Seconds = median,
            LatencyP99Seconds = p99,
            PredictionsPerSecond = count / WindowSeconds,
        };
        described.Aliases.Add(served.AliasesOf(model));
        return described;
    }
}
