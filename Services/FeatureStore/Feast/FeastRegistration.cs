using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.FeatureStore.Feast;

internal static class FeastRegistration
{
    public static void AddFeast(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceClient<EventIngestion.EventIngestionClient>("ingestion");
        builder.Services.AddOptionsWithValidateOnStart<FeastOptions, FeastOptionsValidator>().BindConfiguration(FeastOptions.Section);
        builder.Services.AddSingleton<FeastMetrics>();
        builder.Services.AddSingleton<FrameWriter>();
        builder.Services.AddSingleton<FeastPush>();
        builder.Services.AddSingleton<FeastOnlineWrite>();
        builder.Services.AddSingleton<FeastMaterialization>();
    }
}
