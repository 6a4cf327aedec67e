using CloudNativeAi.Ingestion.Uploads;

namespace CloudNativeAi.Ingestion.Events;

internal static class EventsRegistration
{
    public static void AddEvents(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<IngestionOptions, IngestionOptionsValidator>().BindConfiguration(IngestionOptions.Section);
        builder.Services.AddSingleton<IngestionBudget>();
        builder.Services.AddSingleton<BatchIngestion>();
        builder.Services.AddSingleton<ParquetSlots>();
        builder.Services.AddSingleton<UploadReader>();
    }

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<EventIngestionGrpcService>();
        routes.MapUploads();
    }
}
