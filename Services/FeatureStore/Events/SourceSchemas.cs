using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.FeatureStore.Definitions;

namespace CloudNativeAi.FeatureStore.Events;

/// <summary>Ingestion's declaration of a source, as features see it.</summary>
internal static class SourceSchemas
{
    public static SourceSchema ToSchema(Source source) => new(
        source.Name,
        [.. source.Fields.Select(field => new SchemaField(field.Name, field.Type, field.Nullable))],
        source.Availability == Availability.Backfilled,
        source.AvailabilityDelayMicros);
}
