using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.ServiceDefaults.Grpc;

namespace CloudNativeAi.ModelRegistry.Aliases;

internal static class AliasRegistration
{
    public static void AddAliases(this IHostApplicationBuilder builder)
    {
        builder.Services.AddServiceClient<Parity.ParityClient>("feature-store");
        builder.Services.AddSingleton<AliasStore>();
        builder.Services.AddSingleton<ParityGate>();
        builder.Services.AddSingleton<TrafficPolicies>();
    }
}
