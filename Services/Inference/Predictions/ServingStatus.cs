using System.Diagnostics;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.PredictionLog;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>What is served, how fast, and what waits.</summary>
internal sealed class ServingStatus(ServedModels served, VersionPool pool, PredictionSpool spool, ExecutionProvider provider)
{
    private static readonly string Replica = $"{Environment.MachineName}/{Environment.ProcessId}";
    private static readonly long StartedMicros = ReadStart();

    public GetServingStatusResponse Read()
    {
        var response = new GetServingStatusResponse
        {
            SpooledPredictions = spool.SpooledPredictions,
            ExecutionProvider = provider.Name,
            ExecutionProviderFallback = provider.IsFallback,
            Replica = Replica,
            StartedMicros = StartedMicros,
            ModelMemoryBytes = pool.Memory.Reserved,
            MemoryBudgetBytes = pool.Memory.Bytes,
            ProcessMemoryBytes = Environment.WorkingSet,
        };
        var models = pool.Loaded.Select(Describe).ToList();
        foreach (var model in served.All)
        {
            // Versions that aliases should point to; the ones they point to meanwhile are among the loaded.
            foreach (var group in model.Pending.GroupBy(pending => pending.Value))
            {
                var (version, reason) = group.Key;
                models.Add(NotLoaded(model.Name, version, reason.Length == 0 ? "LOADING" : "UNAVAILABLE", reason, group.Select(pending => pending.Key)));
            }

            foreach (var group in model.Aliases.Where(alias => alias.Value.Loaded is null).GroupBy(alias => alias.Value.Version))
            {
                models.Add(NotLoaded(model.Name, group.Key, "UNLOADED", ServedModels.MadeRoom, group.Select(alias => alias.Key)));
            }

            response.Traffic.Add(new TrafficInForce { ModelName = model.Name, ChallengerShare = model.ChallengerShare, ShadowChallenger = model.ShadowChallenger });
        }

        response.Models.Add(models.OrderBy(model => model.ModelName, StringComparer.Ordinal).ThenBy(model => model.Version));
        return response;
    }

    private Contracts.Inference.ServedModel Describe(LoadedModel model)
    {
        var described = VersionStatus.Of(model);
        described.Aliases.Add(served.AliasesOf(model));
        return described;
    }

    private static Contracts.Inference.ServedModel NotLoaded(string modelName, int version, string state, string reason, IEnumerable<string> aliases) => new()
    {
        ModelName = modelName,
        Version = version,
        State = state,
        Reason = reason,
        LatencyP50Seconds = double.NaN,
        LatencyP95Seconds = double.NaN,
        LatencyP99Seconds = double.NaN,
        Aliases = { aliases.Order(StringComparer.Ordinal) },
    };

    private static long ReadStart()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() * 1_000;
    }
}
