using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>Ingestion's sources: what their events look like and how far their logs are.</summary>
internal sealed class IngestionSources(Sources.SourcesClient client, DefinitionStore store)
{
    /// <summary>Asks Ingestion and keeps the answer, so that a later start does not need it.</summary>
    public async Task<IReadOnlyList<SourceStatus>> RefreshAsync(CancellationToken cancellationToken)
    {
        var response = await client.ListSourcesAsync(new ListSourcesRequest(), cancellationToken: cancellationToken);
        var known = await store.GetSchemasAsync(cancellationToken);
        foreach (var status in response.Sources)
        {
            var schema = ToSchema(status.Source);
            if (!known.TryGetValue(schema.Name, out var before) || !before.SameAs(schema))
            {
                await store.PutSchemaAsync(schema, cancellationToken);
            }
        }

        return response.Sources;
    }

    public static SourceSchema ToSchema(Source source) => new(
        source.Name,
        [.. source.Fields.Select(field => new SchemaField(field.Name, field.Type, field.Nullable))],
        source.Availability == Availability.Backfilled,
        source.AvailabilityDelayMicros);
}
