using CloudNativeAi.Contracts.Training;
using CloudNativeAi.Web.Display;

namespace CloudNativeAi.Web.Live;

/// <summary>Something a person should look at, and where.</summary>
public sealed record Attention(Level Level, string Text, string Detail, string Href, DateTimeOffset? Since)
{
    private const int ShownAtMost = 8;

    public static IReadOnlyList<Attention> From(PathSnapshot snapshot) =>
        Find(snapshot).OrderByDescending(item => item.Level).Take(ShownAtMost).ToList();

    private static IEnumerable<Attention> Find(PathSnapshot snapshot)
    {
        foreach (var service in snapshot.Services.Where(service => service.State == ServiceState.Down))
        {
            yield return new(Level.Bad, $"{service.Service} is down", service.Error, "system", service.FailingSince);
        }

        foreach (var source in (snapshot.FeatureStore.Value?.Sources ?? []).Where(source => source.Error.Length > 0))
        {
            yield return new(Level.Bad, $"Source {source.Source} is not materialized", source.Error, Links.Source(source.Source), null);
        }

        foreach (var model in (snapshot.Inference.Value?.Models ?? []).Where(model => model.State == "UNAVAILABLE"))
        {
            yield return new(Level.Bad, $"{model.ModelName} v{model.Version} cannot be served", model.Reason, Links.Endpoint(model.ModelName), null);
        }

        foreach (var model in (snapshot.Monitoring.Value?.Models ?? []).Where(model => model.Drift.Any(score => score.Level == "drift")))
        {
            var drifting = model.Drift.Where(score => score.Level == "drift").OrderByDescending(score => score.Psi).ToList();
            yield return new(
                Level.Warning,
                drifting.Count == 1 ? $"1 input of {model.ModelName} drifts" : $"{drifting.Count} inputs of {model.ModelName} drift",
                $"{drifting[0].Name}: PSI {Format.Psi(drifting[0].Psi)}",
                Links.Monitoring(model.ModelName),
                null);
        }

        if (snapshot.Rate(RateNames.DeadLetters) > 0)
        {
            foreach (var source in (snapshot.Ingestion.Value?.Sources ?? [])
                .Where(source => snapshot.Rate(RateNames.SourceDeadLetters(source.Source.Name)) > 0))
            {
                yield return new(
                    Level.Warning, $"Source {source.Source.Name} refuses events",
                    $"{Format.Count(source.DeadLetters)} dead letters", Links.Source(source.Source.Name), null);
            }
        }

        var newestEnd = snapshot.Training.Value?.Jobs.Where(job => job.EndedMicros > 0).MaxBy(job => job.EndedMicros);
        if (newestEnd?.State == JobState.Failed)
        {
            yield return new(
                Level.Warning, "The last training job failed", newestEnd.Error,
                Links.Job(newestEnd.Id), Instants.FromMicros(newestEnd.EndedMicros));
        }

        foreach (var model in (snapshot.ModelRegistry.Value?.Models ?? [])
            .Where(model => !model.Aliases.ContainsKey(PathFigures.Champion)))
        {
            yield return new(Level.Warning, $"{model.ModelName} has no champion", "Nothing serves it until one is promoted.", Links.Model(model.ModelName), null);
        }
    }
}
