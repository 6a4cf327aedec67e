namespace CloudNativeAi.FeatureStore.OnlineStore;

internal static class OnlineStoreRegistration
{
    public static void AddOnlineStore(this IHostApplicationBuilder builder)
    {
        builder.AddRedisClient("online-store");
        builder.Services.AddOptionsWithValidateOnStart<OnlineStoreOptions, OnlineStoreOptionsValidator>()
            .BindConfiguration(OnlineStoreOptions.Section);
        builder.Services.AddSingleton<OnlineServer>();
        builder.Services.AddSingleton<OnlineWriter>();
        builder.Services.AddSingleton<OnlineReader>();
        builder.Services.AddSingleton<OnlineViews>();
    }
}
