namespace CloudNativeAi.Ingestion.Quality;

internal static class QualityRegistration
{
    public static void AddQuality(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<QualityOptions, QualityOptionsValidator>().BindConfiguration(QualityOptions.Section);
        builder.Services.AddSingleton<QualityRollup>();
        builder.Services.AddSingleton<QualityStore>();
        builder.Services.AddSingleton<QualityRuleStore>();
        builder.Services.AddSingleton<QualityChecks>();
        builder.Services.AddSingleton<QualityEvaluation>();
        builder.Services.AddHostedService<QualityWorker>();
    }

    public static void MapQuality(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/sources/{source}/quality", QualityEndpoints.ReadAsync).WithTags("Sources").WithName("GetSourceQuality");
        routes.MapQualityRules();
    }
}
