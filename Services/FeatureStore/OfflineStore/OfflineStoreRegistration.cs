using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using CloudNativeAi.FeatureStore.OfflineStore.SourceTables;
using CloudNativeAi.FeatureStore.OfflineStore.Upkeep;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.OfflineStore;

internal static class OfflineStoreRegistration
{
    public static void AddOfflineStore(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<OfflineStoreOptions, OfflineStoreOptionsValidator>()
            .BindConfiguration(OfflineStoreOptions.Section);
        builder.Services.AddSingleton(new DataDirectory(builder.Configuration[DataDirectory.ConfigurationKey]));
        builder.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<OfflineStoreOptions>>().Value;
            return new DuckDb(
                options.EffectiveThreads,
                options.MemoryLimitMebibytes * 1024L * 1024,
                services.GetRequiredService<DataDirectory>().Folder("tmp"));
        });
        builder.Services.AddSingleton<SourceTableStore>();
        builder.Services.AddHostedService<UpkeepWorker>();
    }
}
