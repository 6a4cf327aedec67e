namespace CloudNativeAi.Monitoring.PredictionLog;

internal static class PredictionLogRegistration
{
    public static void AddPredictionLog(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<PredictionLogOptions, PredictionLogOptionsValidator>()
            .BindConfiguration(PredictionLogOptions.Section);
        builder.Services.AddSingleton<Partitions>();
        builder.Services.AddSingleton<PredictionLogStore>();
        builder.Services.AddSingleton<PredictionReader>();
        builder.Services.AddSingleton<Retention>();
        builder.Services.AddHostedService<RetentionWorker>();
    }

    public static void MapPredictionLog(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<PredictionLogGrpcService>();
        routes.MapPredictionEndpoints();
    }
}
