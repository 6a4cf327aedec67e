using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Inference.Features;
using CloudNativeAi.Inference.OpenInference;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.Inference.Predictions;

internal static class PredictionsRegistration
{
    public static void AddPredictions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceClient<FeatureRetrieval.FeatureRetrievalClient>("feature-store");
        builder.Services.AddSingleton<OnlineFeatures>();
        builder.Services.AddSingleton<Predictor>();
        builder.Services.AddSingleton<ShadowPredictions>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ShadowPredictions>());
    }

    public static void MapPredictions(this WebApplication app)
    {
        app.MapGrpcService<PredictionGrpcService>();
        app.MapGrpcService<OpenInferenceGrpcService>();
    }
}
