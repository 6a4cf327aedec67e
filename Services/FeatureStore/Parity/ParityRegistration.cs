namespace CloudNativeAi.FeatureStore.Parity;

internal static class ParityRegistration
{
    public static void AddParity(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<ParityOptions, ParityOptionsValidator>().BindConfiguration(ParityOptions.Section);
        builder.Services.AddSingleton<ParitySampler>();
        builder.Services.AddSingleton<ParityCheck>();
        builder.Services.AddSingleton<ParityStore>();
        builder.Services.AddSingleton<ParityResolutions>();
        builder.Services.AddHostedService<ParityWorker>();
    }

    public static void MapParity(this IEndpointRouteBuilder routes) => routes.MapGrpcService<ParityGrpcService>();
}
