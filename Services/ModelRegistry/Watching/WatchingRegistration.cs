namespace CloudNativeAi.ModelRegistry.Watching;

internal static class WatchingRegistration
{
    public static void AddWatching(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ModelStateReader>();
        builder.Services.AddSingleton<ModelStateFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ModelStateFeed>());
    }
}
