using CloudNativeAi.Inference.Ensembles;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.ServiceDefaults.Grpc;
using Registry = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry;

namespace CloudNativeAi.Inference.Models;

internal static class ModelRegistration
{
    public static void AddModels(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<ModelOptions, ModelOptionsValidator>().BindConfiguration(ModelOptions.Section);
        builder.Services.AddOptionsWithValidateOnStart<ExecutionProviderOptions, ExecutionProviderOptionsValidator>().BindConfiguration(ExecutionProviderOptions.Section);
        builder.Services.AddServiceClient<Registry.ModelRegistryClient>("model-registry");
        builder.Services.AddSingleton<InferenceMetrics>();
        builder.Services.AddSingleton<ExecutionProvider>();
        builder.Services.AddSingleton<RegistryClient>();
        builder.Services.AddSingleton<ModelCache>();
        builder.Services.AddSingleton<ModelLoader>();
        builder.Services.AddSingleton<EnsembleLoader>();
        builder.Services.AddSingleton(services => new Lazy<ServedModels>(services.GetRequiredService<ServedModels>));
        builder.Services.AddSingleton(services => new VersionSource(
            services.GetRequiredService<ModelCache>().GetAsync,
            services.GetRequiredService<ModelLoader>().Load,
            services.GetRequiredService<EnsembleLoader>().LoadAsync,
            services.GetRequiredService<ModelCache>().Trim));
        builder.Services.AddSingleton<VersionPool>();
        builder.Services.AddActivatedSingleton<TritonMetrics>();
        builder.Services.AddSingleton<ServedModels>();
        builder.Services.AddSingleton<ModelRepository>();
        builder.Services.AddHostedService<RegistryFollowerWorker>();
        builder.Services.AddHealthChecks().AddCheck<ModelsHealthCheck>("models");
    }
}
