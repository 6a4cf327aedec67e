using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.ServiceDefaults.Grpc;
using RegistryClient = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry.ModelRegistryClient;

namespace CloudNativeAi.Training.Registration;

internal static class RegistryClients
{
    private const string ModelRegistry = "model-registry";

    public static void AddRegistration(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceClient<RegistryClient>(ModelRegistry);
        builder.Services.AddServiceClient<Experiments.ExperimentsClient>(ModelRegistry);
        builder.Services.AddTransient<ModelRegistrar>();
        builder.Services.AddTransient<Promotion>();
        builder.Services.AddTransient<RunLog>();
    }
}
