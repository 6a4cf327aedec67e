namespace CloudNativeAi.ModelRegistry.ModelVersions;

internal static class ModelVersionRegistration
{
    public static void AddModelVersions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ModelVersionHeaderValidator>();
        builder.Services.AddSingleton<ModelVersionStore>();
        builder.Services.AddSingleton<ModelVersionRegistrar>();
        builder.Services.AddSingleton<AuditLog>();
    }

    public static void MapModelVersions(this WebApplication app)
    {
        app.MapGrpcService<ModelRegistryGrpcService>();
        app.MapModels();
    }
}
