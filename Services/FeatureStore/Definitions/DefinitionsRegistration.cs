using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.FeatureStore.Definitions;

internal static class DefinitionsRegistration
{
    public static void AddDefinitions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceClient<Sources.SourcesClient>("ingestion");
        builder.Services.AddSingleton<DefinitionStore>();
        builder.Services.AddSingleton<DefinitionCatalog>();
        builder.Services.AddSingleton<IngestionSources>();
        builder.Services.AddSingleton<DefinitionApplier>();
    }
}
