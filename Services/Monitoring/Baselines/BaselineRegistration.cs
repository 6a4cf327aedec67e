using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.Monitoring.Baselines;

internal static class BaselineRegistration
{
    public static void AddBaselines(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceClient<ModelRegistry.ModelRegistryClient>("model-registry");
        builder.Services.AddSingleton<RegistryArtifacts>();
        builder.Services.AddSingleton<BaselineStore>();
        builder.Services.AddSingleton<BaselineFetcher>();
    }
}
