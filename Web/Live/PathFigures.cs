using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Web.Live;

/// <summary>The key figures of the path, for the model in view. Null is "not known".</summary>
public sealed record PathFigures
{
    public const string Champion = "champion";

    /// <summary>The model in view: the one asked for, else the busiest.</summary>
    public string? ModelName { get; init; }
    public ModelState? Model { get; init; }
    public ServedModel? Served { get; init; }
    public ModelHealth? Health { get; init; }

    public int? ChampionVersion { get; init; }
    public double? PredictionsPerSecond { get; init; }
    public double? LatencyP50Seconds { get; init; }
    public double? LatencyP99Seconds { get; init; }

    /// <summary>Event log head to online store, the slowest feature view.</summary>
    public double? FreshnessSeconds { get; init; }
    public long? EventsBehind { get; init; }

    public DriftScore? WorstDrift { get; init; }
    public int DriftingCount { get; init; }
    public int DriftScores { get; init; }

    public static PathFigures From(PathSnapshot snapshot, string? modelName)
    {
        var name = modelName ?? BusiestModel(snapshot);
        var model = snapshot.ModelRegistry.Value?.Models.FirstOrDefault(state => state.ModelName == name);
        var health = snapshot.Monitoring.Value?.Models.FirstOrDefault(state => state.ModelName == name);
        var champion = model is not null && model.Aliases.TryGetValue(Champion, out var version) ? version : 0;
        if (champion == 0)
        {
            champion = health?.ChampionVersion ?? 0;
        }

        var served = snapshot.Inference.Value?.Models.FirstOrDefault(
            candidate => candidate.ModelName == name && candidate.Version == champion);
        var drift = health?.Drift.Where(score => double.IsFinite(score.Psi)).ToList() ?? [];

        return new PathFigures
        {
            ModelName = name,
            Model = model,
            Served = served,
            Health = health,
            ChampionVersion = champion > 0 ? champion : null,
            PredictionsPerSecond = PredictionRate(snapshot),
            LatencyP50Seconds = Finite(served?.LatencyP50Seconds),
            LatencyP99Seconds = Finite(served?.LatencyP99Seconds),
            FreshnessSeconds = snapshot.FeatureStore.Value is { FeatureViews.Count: > 0 } status
                ? status.FeatureViews.Max(view => view.LagSeconds)
                : null,
            EventsBehind = snapshot.FeatureStore.Value?.Sources.Sum(source => Math.Max(0, source.HeadPosition - source.OnlinePosition)),
            WorstDrift = drift.MaxBy(score => score.Psi),
            DriftingCount = drift.Count(score => score.Level == "drift"),
            DriftScores = drift.Count,
        };
    }

    // The differences of the totals, summed over what is served; a total that began anew counts from its new start.
    private static double? PredictionRate(PathSnapshot snapshot)
    {
        if (snapshot.Inference.Value is not { } status)
        {
            return null;
        }

        double? sum = null;
        foreach (var model in status.Models)
        {
            if (snapshot.Rate(RateNames.Served(model.ModelName, model.Version)) is { } rate)
            {
                sum = (sum ?? 0) + rate;
            }
        }

        return status.Models.Count == 0 ? 0 : sum;
    }

    private static string? BusiestModel(PathSnapshot snapshot) =>
        snapshot.Inference.Value?.Models.MaxBy(model => model.Predictions)?.ModelName
        ?? snapshot.Monitoring.Value?.Models.MaxBy(model => model.Predictions)?.ModelName
        ?? snapshot.ModelRegistry.Value?.Models.MaxBy(model => model.UpdatedMicros)?.ModelName;

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
