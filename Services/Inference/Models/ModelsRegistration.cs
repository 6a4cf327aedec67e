using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.Inference.Telemetry;
using CloudNativeAi.ServiceDefaults.Grpc;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CloudNativeAi.Inference.Models;

internal static class ModelsRegistration
{
    public static void AddModels(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<ModelOptions, ModelOptionsValidator>().BindConfiguration(ModelOptions.Section);
        builder.Services.AddOptionsWithValidateOnStart<ExecutionProviderOptions, ExecutionProviderOptionsValidator>().BindConfiguration(ExecutionProviderOptions.Section);
        builder.Services.AddServiceClient<ModelRegistry.ModelRegistryClient>("model-registry");
        builder.Services.AddSingleton<InferenceMetrics>();
        builder.Services.AddSingleton<ExecutionProvider>();
        builder.Services.AddSingleton<VersionCache>();
        builder.Services.AddSingleton<VersionLoader>();
        builder.Services.AddSingleton<ServedModels>();
        builder.Services.AddHostedService<RegistryFollower>();
        builder.Services.AddHealthChecks().AddCheck<ExecutionProviderHealthCheck>("execution-provider");
    }
}

internal sealed class ExecutionProviderHealthCheck(ExecutionProvider provider) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(provider.UnmetRequirement is null ? HealthCheckResult.Healthy(provider.Name) : HealthCheckResult.Unhealthy(provider.UnmetRequirement));
}
