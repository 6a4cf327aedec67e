using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Inference.Features;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.Inference.Predictions;

internal static class PredictionRegistration
{
    public static void AddPredictions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<FeatureOptions, FeatureOptionsValidator>().BindConfiguration(FeatureOptions.Section);
        builder.Services.AddServiceClient<FeatureRetrieval.FeatureRetrievalClient>("feature-store");
        builder.Services.AddSingleton<OnlineFeatures>();
        builder.Services.AddSingleton<SharedLookUps>();
        builder.Services.AddSingleton<FeatureAssembler>();
        builder.Services.AddSingleton<PredictionLogger>();
        builder.Services.AddSingleton<Predictor>();
        builder.Services.AddSingleton<ShadowWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ShadowWorker>());
        builder.Services.AddSingleton<ServingStatus>();
        builder.Services.AddSingleton<PredictionGrpcService>();
    }

    public static void MapPredictions(this WebApplication app) => app.MapGrpcService<PredictionGrpcService>();
}
