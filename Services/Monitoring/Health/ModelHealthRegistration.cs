namespace CloudNativeAi.Monitoring.Health;

internal static class ModelHealthRegistration
{
    public static void AddModelHealth(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ModelHealthReader>();
        builder.Services.AddSingleton<SeriesReader>();
    }

    public static void MapModelHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<ModelMonitoringGrpcService>();
        routes.MapModelEndpoints();
    }
}
