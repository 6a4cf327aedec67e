namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>The definitions in force, in memory. Readers take <see cref="Current"/> once and work on it: it is replaced whole.</summary>
internal sealed class DefinitionCatalog(DefinitionStore store) : IDisposable
{
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile DefinitionSnapshot _current = DefinitionSnapshot.Empty;

    public DefinitionSnapshot Current => _current;

    /// <summary>Reads definitions and schemas again; returns what is in force then.</summary>
    public async Task<DefinitionSnapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            // Schemas second: they are stored before definitions that name them, so none that these name can be missing.
            var definitions = await store.FindAsync(0, cancellationToken) ?? FeatureDefinitionSet.Empty;
            var schemas = await store.GetSchemasAsync(cancellationToken);
            var current = _current;
            if (definitions.Version != current.Definitions.Version || !SameSchemas(schemas, current.Sources))
            {
                _current = new DefinitionSnapshot(definitions, schemas);
            }

            return _current;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public void Dispose() => _refreshing.Dispose();

    private static bool SameSchemas(IReadOnlyDictionary<string, SourceSchema> left, IReadOnlyDictionary<string, SourceSchema> right) =>
        left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out var other) && pair.Value.SameAs(other));
}
