using System.Collections.Frozen;
using CloudNativeAi.FeatureStore.Transformations;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>The definitions in force with the schemas of all sources, as of one moment. Immutable.</summary>
internal sealed class DefinitionSnapshot
{
    private readonly FrozenDictionary<string, KeyStates> _states;

    public DefinitionSnapshot(FeatureDefinitionSet definitions, IReadOnlyDictionary<string, SourceSchema> sources)
    {
        Definitions = definitions;
        Sources = sources;
        _states = definitions.FeatureViews.ToFrozenDictionary(
            view => view.Name, view => new KeyStates(view, sources[view.Source]), StringComparer.Ordinal);
    }

    public static DefinitionSnapshot Empty { get; } = new(FeatureDefinitionSet.Empty, FrozenDictionary<string, SourceSchema>.Empty);

    public FeatureDefinitionSet Definitions { get; }

    /// <summary>By name; has at least every source that the definitions name.</summary>
    public IReadOnlyDictionary<string, SourceSchema> Sources { get; }

    public KeyStates StatesOf(string view) => _states[view];
}
