using CloudNativeAi.Web.Display;
using CloudNativeAi.Web.Live;

namespace CloudNativeAi.Web.Components.Layout;

public sealed record PaletteEntry(string Kind, string Name, string Href);

/// <summary>What Ctrl K finds: pages first, then the things that the latest snapshot knows.</summary>
public static class PaletteEntries
{
    private const int ShownAtMost = 12;

    public static IReadOnlyList<PaletteEntry> Find(string text, PathSnapshot snapshot)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        return All(snapshot)
            .Where(entry => words.All(word => $"{entry.Kind} {entry.Name}".Contains(word, StringComparison.OrdinalIgnoreCase)))
            .OrderByDescending(entry => words.Length > 0 && entry.Name.StartsWith(words[0], StringComparison.OrdinalIgnoreCase))
            .Take(ShownAtMost)
            .ToList();
    }

    private static IEnumerable<PaletteEntry> All(PathSnapshot snapshot)
    {
        foreach (var destination in Destinations.All)
        {
            yield return new("Page", destination.Name, destination.Href);
        }

        yield return new("Page", "Training sets", "training/sets");

        foreach (var model in snapshot.ModelRegistry.Value?.Models ?? [])
        {
            yield return new("Model", model.ModelName, Links.Model(model.ModelName));
            yield return new("Drift of model", model.ModelName, Links.Monitoring(model.ModelName));
        }

        foreach (var source in snapshot.Ingestion.Value?.Sources ?? [])
        {
            yield return new("Source", source.Source.Name, Links.Source(source.Source.Name));
        }

        foreach (var view in snapshot.FeatureStore.Value?.FeatureViews ?? [])
        {
            yield return new("Feature view", view.FeatureView, Links.FeatureView(view.FeatureView));
        }

        foreach (var job in snapshot.Training.Value?.Jobs ?? [])
        {
            yield return new("Training job", job.Id, Links.Job(job.Id));
        }
    }
}
