namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Everything one YAML document defines, checked against the sources it names. Immutable; replaced whole.</summary>
internal sealed record FeatureDefinitionSet(
    int Version,
    string Yaml,
    IReadOnlyList<Entity> Entities,
    IReadOnlyList<FeatureView> FeatureViews,
    IReadOnlyList<FeatureService> FeatureServices,
    IReadOnlyList<LabelDefinition> Labels)
{
    public static FeatureDefinitionSet Empty { get; } = new(0, "", [], [], [], []);

    public FeatureView? FindView(string name) => FeatureViews.FirstOrDefault(view => view.Name == name);

    public FeatureService? FindService(string name) => FeatureServices.FirstOrDefault(service => service.Name == name);

    public LabelDefinition? FindLabel(string name) => Labels.FirstOrDefault(label => label.Name == name);

    /// <summary>Names of all sources that views and labels read, each once, in name order.</summary>
    public IReadOnlyList<string> SourceNames =>
        [.. FeatureViews.Select(view => view.Source).Concat(Labels.Select(label => label.Source)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

internal sealed record Entity(string Name, string Description, IReadOnlyList<EntityKey> JoinKeys);

/// <summary>A part of an entity's key.</summary>
internal sealed record EntityKey(string Name, ValueType Type);

/// <summary>A label: one labelled row per event of <paramref name="Source"/> whose value is not null.</summary>
internal sealed record LabelDefinition(string Name, string Description, string Source, string EntityTimestampExpression, string ValueExpression);
