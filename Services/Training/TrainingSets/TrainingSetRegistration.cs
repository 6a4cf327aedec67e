using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.ServiceDefaults.Grpc;
using TrainingSetsClient = CloudNativeAi.Contracts.FeatureStore.TrainingSets.TrainingSetsClient;

namespace CloudNativeAi.Training.TrainingSets;

internal static class TrainingSetRegistration
{
    private const string FeatureStore = "feature-store";

    public static void AddTrainingSets(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<TrainingSetOptions, TrainingSetOptionsValidator>().BindConfiguration(TrainingSetOptions.Section);
        builder.Services.AddServiceClient<TrainingSetsClient>(FeatureStore);
        builder.Services.AddServiceClient<FeatureDefinitions.FeatureDefinitionsClient>(FeatureStore);
        builder.Services.AddTransient<TrainingSetFile>();
        builder.Services.AddSingleton<WorkingDirectory>();
    }
}
