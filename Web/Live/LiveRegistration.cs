namespace CloudNativeAi.Web.Live;

internal static class LiveRegistration
{
    public static void AddLive(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<SamplingOptions, SamplingOptionsValidator>()
            .BindConfiguration(SamplingOptions.Section);
        builder.Services.AddSingleton<LiveFeed>();
        builder.Services.AddSingleton<ModelSeriesReader>();
        builder.Services.AddHostedService<PathSampler>();
        builder.Services.AddScoped<LiveView>();
    }
}
