using CloudNativeAi.FeatureStore.OfflineStore;
using CloudNativeAi.FeatureStore.OfflineStore.Parquet;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.FeatureStore.TrainingSets;

internal static class TrainingSetsRegistration
{
    /// <summary>
    /// Key of the DuckDB that joins. It has a budget of its own, so that a large training set does not take the appends' memory, and
    /// one thread for each query, so that a file's bytes do not depend on the machine; views are joined side by side instead.
    /// </summary>
    public const string Joins = "joins";

    public static void AddTrainingSets(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<TrainingSetOptions, TrainingSetOptionsValidator>()
            .BindConfiguration(TrainingSetOptions.Section);
        builder.Services.AddKeyedSingleton(Joins, (services, _) => new DuckDb(
            threads: 1,
            services.GetRequiredService<IOptions<TrainingSetOptions>>().Value.MemoryLimitMebibytes * 1024L * 1024,
            services.GetRequiredService<DataDirectory>().Folder("tmp")));
        builder.Services.AddSingleton<TrainingSetFiles>();
        builder.Services.AddSingleton<TrainingSetStore>();
        builder.Services.AddSingleton<TrainingSetCreator>();
        builder.Services.AddSingleton<HistoricalFeatures>();
    }

    public static void MapTrainingSets(this IEndpointRouteBuilder routes) => routes.MapGrpcService<TrainingSetsGrpcService>();
}
