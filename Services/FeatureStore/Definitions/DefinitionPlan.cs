namespace CloudNativeAi.FeatureStore.Definitions;

/// <param name="Action">"added", "changed" or "removed".</param>
/// <param name="Kind">"entity", "feature_view", "feature_service" or "label".</param>
/// <param name="Consequence">What breaks or has to be rebuilt; may be empty.</param>
internal sealed record DefinitionChange(string Action, string Kind, string Name, string Consequence);

/// <summary>What applying a document would change, and what follows from it.</summary>
internal static class DefinitionPlan
{
    public static IReadOnlyList<DefinitionChange> Compare(FeatureDefinitionSet current, FeatureDefinitionSet next) =>
    [
        .. Compare("entity", current.Entities, next.Entities, entity => entity.Name, SameEntity, (_, _) => "", _ => ""),
        .. Compare("feature_view", current.FeatureViews, next.FeatureViews, view => view.Name, SameView, ConsequenceOfChange, view => ConsequenceOfRemoval(view, current)),
        .. Compare("feature_service", current.FeatureServices, next.FeatureServices, service => service.Name, SameService, ConsequenceOfChange, _ => "Models trained with it can no longer read their features."),
        .. Compare("label", current.Labels, next.Labels, label => label.Name, (left, right) => left == right, (_, _) => "Training sets made from now on have the new label.", _ => ""),
    ];

    private static IEnumerable<DefinitionChange> Compare<T>(
        string kind,
        IReadOnlyList<T> current,
        IReadOnlyList<T> next,
        Func<T, string> name,
        Func<T, T, bool> same,
        Func<T, T, string> changed,
        Func<T, string> removed)
    {
        var before = current.ToDictionary(name, StringComparer.Ordinal);
        var after = next.ToDictionary(name, StringComparer.Ordinal);
        foreach (var item in next)
        {
            if (!before.TryGetValue(name(item), out var old))
            {
                yield return new DefinitionChange("added", kind, name(item), "");
            }
            else if (!same(old, item))
            {
                yield return new DefinitionChange("changed", kind, name(item), changed(old, item));
            }
        }

        foreach (var item in current.Where(item => !after.ContainsKey(name(item))))
        {
            yield return new DefinitionChange("removed", kind, name(item), removed(item));
        }
    }

    private static bool SameEntity(Entity left, Entity right) =>
        left.Description == right.Description && left.JoinKeys.SequenceEqual(right.JoinKeys);

    private static bool SameView(FeatureView left, FeatureView right) =>
        left.Fingerprint == right.Fingerprint && left.Entity == right.Entity && left.TtlMicros == right.TtlMicros
        && left.Description == right.Description && left.Owner == right.Owner && left.Features.SequenceEqual(right.Features);

    private static bool SameService(FeatureService left, FeatureService right) =>
        left.Description == right.Description && left.Features.SequenceEqual(right.Features)
        && left.RequestFields.SequenceEqual(right.RequestFields) && left.RequestFeatures.SequenceEqual(right.RequestFeatures);

    private static string ConsequenceOfChange(FeatureView before, FeatureView after)
    {
        var gone = before.Features.Where(feature => !after.Features.Contains(feature)).Select(feature => feature.Name).ToList();
        var rebuilt = before.Fingerprint == after.Fingerprint ? "" : "Its online values are rebuilt from the offline store.";
        return gone.Count == 0 ? rebuilt
            : $"Models that read {string.Join(", ", gone)} can no longer be served. {rebuilt}".TrimEnd();
    }

    private static string ConsequenceOfRemoval(FeatureView view, FeatureDefinitionSet current)
    {
        var services = current.FeatureServices.Where(service => service.Features.Any(feature => feature.View == view.Name)).Select(service => service.Name).ToList();
        return services.Count == 0 ? "Its online values are deleted."
            : $"Its online values are deleted; models of {string.Join(", ", services)} can no longer be served.";
    }

    private static string ConsequenceOfChange(FeatureService before, FeatureService after)
    {
        var gone = before.Features.Where(feature => !after.Features.Contains(feature)).Select(feature => feature.FullName)
            .Concat(before.RequestFields.Where(field => !after.RequestFields.Contains(field)).Select(field => field.Name))
            .ToList();
        return gone.Count == 0 ? "" : $"Models trained with {string.Join(", ", gone)} can no longer be served.";
    }
}
