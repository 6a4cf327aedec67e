namespace CloudNativeAi.Inference.OpenInference;

internal static class OpenInferenceRegistration
{
    public static void AddOpenInference(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<InferenceEngine>();
        builder.Services.AddSingleton<ModelDescriptions>();
    }

    public static void MapOpenInference(this WebApplication app) => app.MapGrpcService<OpenInferenceGrpcService>();
}
