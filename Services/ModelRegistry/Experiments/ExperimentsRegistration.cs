namespace CloudNativeAi.ModelRegistry.Experiments;

internal static class ExperimentsRegistration
{
    public static void AddExperiments(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<RunStore>();

    public static void MapExperiments(this WebApplication app) => app.MapGrpcService<ExperimentsGrpcService>();
}
